import { trajectoryMethod } from "./trajectoryMethod.ts";
import { publishedTrajectory, trajectoryOptions } from "./trajectoryOptions.ts";

/**
 * Matching training trajectories: a few steps on the set shall lead where epochs on the raw images lead (arXiv 2203.11932), by the
 * exact derivative or TESLA's (arXiv 2211.10586).
 */
export const matchingTrajectories = trajectoryMethod({
  name: "matchingTrajectories",
  title: "Matching training trajectories",
  abbreviation: "mtt",
  source: "arXiv 2203.11932, 2211.10586",
  options: trajectoryOptions,
  published: publishedTrajectory,
  soft: false,
  presets: {
    reduced: { width: 32, experts: 5, maxStart: 2, studentSteps: 30, iterations: 400 },
    quick: { width: 16, experts: 1, maxStart: 1, expertEpochs: 1, studentSteps: 10, iterations: 60 },
  },
});
