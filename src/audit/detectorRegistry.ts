import { registry } from "../core/registry.ts";
import type { Detector } from "./detectors/Detector.ts";
import * as builtIn from "./detectors.ts";
import { type Level, levels } from "./settings.ts";

/** The detectors that come with Retort, and those that `register` added. */
export const detectorRegistry: Record<string, Detector> = registry({ ...builtIn });

/** Names of the detectors that run at a level, in the order in which they run. */
export const detectorsAt = (level: Level): string[] =>
  Object.keys(detectorRegistry)
    .filter((name) => levels.indexOf(detectorRegistry[name].level) <= levels.indexOf(level))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));

const phases = ["search", "judge", "read", "weigh"];

/** By phase, and within it the quick ones first: inversion starts from what the transplant found. */
function rank(name: string): number {
  const { phase, level } = detectorRegistry[name];
  return phases.indexOf(phase) * levels.length + levels.indexOf(level);
}
