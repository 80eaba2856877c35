// One file and one line each. The name of the export is what `--detectors` takes. They run by phase and level, not in this order.

export { agreement } from "./detectors/agreement.ts";
export { clustered as activationClustering } from "./detectors/clustered.ts";
export { coherent as coherence } from "./detectors/coherent.ts";
export { contrasted as classContrast } from "./detectors/contrasted.ts";
export { dropped as supportDrop } from "./detectors/dropped.ts";
export { flatSquare } from "./detectors/flatSquare.ts";
export { halfSetInfluence } from "./detectors/halfSetInfluence.ts";
export { inverted as inversion } from "./detectors/inverted.ts";
export { largeInverted as largeInversion } from "./detectors/largeInverted.ts";
export { lineInverted as lineInversion } from "./detectors/lineInverted.ts";
export { maximumMargin as mmBd } from "./detectors/maximumMargin.ts";
export { neuralCleanse } from "./detectors/neuralCleanse.ts";
export { neutral as neutralBias } from "./detectors/neutral.ts";
export { outside as gamut } from "./detectors/outside.ts";
export { overlaid as strip } from "./detectors/overlaid.ts";
export { pasted } from "./detectors/pasted.ts";
export { repeated as grid } from "./detectors/repeated.ts";
export { spectral as spectralSignatures } from "./detectors/spectral.ts";
export { spreadInverted as spreadInversion } from "./detectors/spreadInverted.ts";
export { spreadSupport } from "./detectors/spreadSupport.ts";
export { standsOut } from "./detectors/standsOut.ts";
export { transplanted as transplant } from "./detectors/transplanted.ts";
