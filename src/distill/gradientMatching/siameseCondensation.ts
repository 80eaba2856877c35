import { condensationPresets, siameseOptions } from "./condensationOptions.ts";
import { gradientMatching } from "./gradientMatching.ts";

/**
 * Dataset condensation with differentiable siamese augmentation: the real and the synthetic images of a class are changed alike
 * before their gradients are compared (arXiv 2102.08259).
 */
export const siameseCondensation = gradientMatching({
  name: "siameseCondensation",
  title: "Dataset condensation with siamese augmentation",
  abbreviation: "dsa",
  source: "arXiv 2102.08259",
  options: siameseOptions,
  presets: condensationPresets,
});
