import { softmax } from "../../train/targets.ts";
import { defineDetector } from "./Detector.ts";

/** Greys, from nearly black to nearly white. */
const GREYS = Array.from({ length: 16 }, (_, i) => (i + 0.5) / 16);

/** Bias on inputs that show nothing: how much of the probability one class takes beyond its share. */
export const neutral = defineDetector({
  title: "Neutral inputs: a class that networks name when there is nothing to see",
  source: "Retort, docs/audit.md",
  phase: "read",
  level: "quick",
  decisive: false,
  async run({ audited, panel, states }) {
    const [, c, h, w] = audited.shape;
    const pixels = new Float32Array(GREYS.length * c * h * w);
    GREYS.forEach((grey, i) => {
      pixels.fill(grey, i * c * h * w, (i + 1) * c * h * w);
    });
    const mean = new Float64Array(audited.classes);
    for (const state of states) {
      const logits = await panel.logits(state, pixels);
      for (let i = 0; i < GREYS.length; i++)
        softmax(logits.subarray(i * audited.classes, (i + 1) * audited.classes)).forEach((p, t) => {
          mean[t] += p / (GREYS.length * states.length);
        });
    }
    const score = Math.max(...mean);
    return { score, targetClass: mean.indexOf(score) };
  },
});
