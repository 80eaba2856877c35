/** The registry of distillation methods: one line each. */
export { alignedTrajectories } from "./alignedTrajectories.ts";
export { attentionMatching } from "./attentionMatching.ts";
export { datasetCondensation } from "./datasetCondensation.ts";
export { distributionMatching } from "./distributionMatching.ts";
export { matchingTrajectories } from "./matchingTrajectories.ts";
export { neuralFeatureRegression } from "./neuralFeatureRegression.ts";
export { randomReal } from "./randomReal.ts";
export { realisticDiverse } from "./realisticDiverse.ts";
export { siameseCondensation } from "./siameseCondensation.ts";
export { squeezeRecoverRelabel } from "./squeezeRecoverRelabel.ts";
