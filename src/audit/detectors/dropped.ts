import { defineDetector } from "./Detector.ts";

export const dropped = defineDetector({
  title: "Support drop: is it taught by a few images?",
  source: "Retort, docs/audit.md",
  phase: "judge",
  level: "quick",
  decisive: false,
  feeds: true,
  async run({ suspects }) {
    const [first] = [...suspects].sort((a, b) => b.support.drop - a.support.drop);
    if (!first) return { score: 0, note: "no candidate was followed" };
    const { targetClass, patch, support } = first;
    return { score: support.drop, targetClass, patch, images: support.flagged };
  },
});
