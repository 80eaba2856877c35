import { coherence } from "../../metrics/coherence.ts";
import { defineDetector } from "./Detector.ts";

export const coherent = defineDetector({
  title: "Coherence: details that images of one class share",
  source: "Retort, docs/audit.md",
  reads: "images",
  phase: "read",
  level: "quick",
  decisive: false,
  leastImages: 3,
  async run({ audited }) {
    const [first] = coherence(audited)
      .map((one) => ({ ...one, score: one.pairs / (5 * (one.second + 1)) }))
      .sort((a, b) => b.score - a.score);
    const { score, targetClass, images, alarm } = first;
    return { score, targetClass, images, alarm };
  },
});
