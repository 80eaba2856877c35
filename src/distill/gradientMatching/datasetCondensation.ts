import { condensationOptions, condensationPresets } from "./condensationOptions.ts";
import { gradientMatching } from "./gradientMatching.ts";

/** Dataset condensation: gradient matching without augmentation, from noise (arXiv 2006.05929). */
export const datasetCondensation = gradientMatching({
  name: "datasetCondensation",
  title: "Dataset condensation",
  abbreviation: "dc",
  source: "arXiv 2006.05929",
  options: condensationOptions,
  presets: condensationPresets,
});
