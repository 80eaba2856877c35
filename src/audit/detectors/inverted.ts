import { flatStarts } from "../starts.ts";
import { defineDetector } from "./Detector.ts";
import { inversionFrom } from "./inversionFrom.ts";

/** Places along each edge. */
const GRID = 4;

export const inverted = defineDetector({
  title: "Inversion: squares found by descent",
  source: "Retort, docs/audit.md; after Neural Cleanse, 2019",
  phase: "search",
  level: "default",
  decisive: true,
  run: (context) =>
    inversionFrom(context, flatStarts(context.audited.shape, context.settings.side, GRID), context.found),
});
