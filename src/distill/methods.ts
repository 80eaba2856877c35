/** The registry of distillation methods: one line each. */

export { characteristicMatching } from "./characteristic/characteristicMatching.ts";
export { realisticDiverse } from "./crops/realisticDiverse.ts";
export { datasetCondensation } from "./gradientMatching/datasetCondensation.ts";
export { informationIntensive } from "./gradientMatching/informationIntensive.ts";
export { siameseCondensation } from "./gradientMatching/siameseCondensation.ts";
export { neuralFeatureRegression } from "./kernelRidge/neuralFeatureRegression.ts";
export { randomFeatureApproximation } from "./kernelRidge/randomFeatureApproximation.ts";
export { attentionMatching } from "./meanMatching/attentionMatching.ts";
export { distributionMatching } from "./meanMatching/distributionMatching.ts";
export { randomReal } from "./randomReal.ts";
export { squeezeRecoverRelabel } from "./squeeze/squeezeRecoverRelabel.ts";
export { alignedTrajectories } from "./trajectories/alignedTrajectories.ts";
export { matchingTrajectories } from "./trajectories/matchingTrajectories.ts";
