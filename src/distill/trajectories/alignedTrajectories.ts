import { trajectoryMethod } from "./trajectoryMethod.ts";
import { alignedOptions, publishedAligned } from "./trajectoryOptions.ts";

/**
 * Difficulty-aligned trajectory matching: trajectories with learnt labels, which start from what experts say, and a window of
 * starts that grows (arXiv 2310.05773).
 *
 * Differs: the experts are those of `matchingTrajectories`, by plain SGD unless `expertRho` asks for the published flatness term.
 */
export const alignedTrajectories = trajectoryMethod({
  name: "alignedTrajectories",
  title: "Difficulty-aligned trajectory matching",
  abbreviation: "datm",
  source: "arXiv 2310.05773",
  options: alignedOptions,
  published: publishedAligned,
  soft: true,
  presets: {
    reduced: { width: 32, experts: 5, maxStart: 3, startFrom: 2, growth: 200, studentSteps: 30, iterations: 400 },
    quick: { width: 16, experts: 1, maxStart: 1, expertEpochs: 1, studentSteps: 10, iterations: 60 },
  },
});
