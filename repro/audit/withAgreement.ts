import { detectorRegistry, detectorsAt } from "../../src/audit/detectorRegistry.ts";
import type { Level } from "../../src/audit/settings.ts";

/** What an audit of so many images a class asks at a level, and `agreement`, which a level below `deep` does not. */
export const withAgreement = (level: Level, imagesPerClass: number): string[] => [
  ...detectorsAt(level).filter((name) => imagesPerClass >= (detectorRegistry[name].leastImages ?? 1)),
  "agreement",
];
