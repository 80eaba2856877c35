import { lineStarts } from "../starts.ts";
import { defineDetector } from "./Detector.ts";
import { inversionFrom } from "./inversionFrom.ts";

export const lineInverted = defineDetector({
  title: "Inversion of rows, columns and frames",
  source: "Retort, docs/audit.md",
  phase: "search",
  level: "deep",
  decisive: false,
  run: (context) => inversionFrom(context, lineStarts(context.audited.shape)),
});
