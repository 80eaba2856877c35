import { spreadStarts } from "../starts.ts";
import { defineDetector } from "./Detector.ts";
import { inversionFrom } from "./inversionFrom.ts";

export const spreadInverted = defineDetector({
  title: "Inversion of scatters, blends and low frequencies",
  source: "Retort, docs/audit.md",
  phase: "search",
  level: "deep",
  decisive: false,
  run: (context) => inversionFrom(context, spreadStarts(context.audited.shape, context.key)),
});
