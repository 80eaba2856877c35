import { matchingOptions, matchingPresets } from "./matchingOptions.ts";
import { meanMatching } from "./meanMatching.ts";

/** Distribution matching: the means of a class are those of the features of random networks (arXiv 2110.04181). */
export const distributionMatching = meanMatching({
  name: "distributionMatching",
  title: "Distribution matching",
  abbreviation: "dm",
  source: "arXiv 2110.04181",
  options: matchingOptions,
  presets: matchingPresets,
  embed: async () => (await import("./embedding.ts")).features,
});
