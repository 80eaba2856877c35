import { attentionOptions, matchingPresets } from "./matchingOptions.ts";
import { meanMatching } from "./meanMatching.ts";

/**
 * DataDAM: the means of a class are those of where random networks look, after each activation but the last, and of
 * their answers (arXiv 2310.00093).
 */
export const attentionMatching = meanMatching({
  name: "attentionMatching",
  title: "Attention matching (DataDAM)",
  abbreviation: "datadam",
  source: "arXiv 2310.00093",
  options: attentionOptions,
  presets: matchingPresets,
  embed: async ({ taskBalance = 0 }) => (await import("./attention.ts")).attention(taskBalance),
});
