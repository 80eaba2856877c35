import { flatStarts } from "../starts.ts";
import { defineDetector } from "./Detector.ts";
import { inversionFrom } from "./inversionFrom.ts";

/** Side of the squares, in pixels. Chosen: the prototype's, which tells clean colour sets of ten images a class apart best. */
const SIDE = 8;

export const largeInverted = defineDetector({
  title: "Inversion of squares of 8 pixels",
  source: "Retort, docs/audit.md",
  phase: "search",
  level: "deep",
  decisive: false,
  run: (context) => inversionFrom(context, flatStarts(context.audited.shape, SIDE, 4)),
});
