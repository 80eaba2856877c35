/** The registry of distillation methods: one line each. */
export { attentionMatching } from "./attentionMatching.ts";
export { datasetCondensation } from "./datasetCondensation.ts";
export { distributionMatching } from "./distributionMatching.ts";
export { randomReal } from "./randomReal.ts";
export { realisticDiverse } from "./realisticDiverse.ts";
export { siameseCondensation } from "./siameseCondensation.ts";
