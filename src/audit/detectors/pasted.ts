import { cut } from "../Patch.ts";
import { mostPasted } from "../pastedSquares.ts";
import { defineDetector } from "./Detector.ts";

/** What is called pasted without clean sets of the kind to compare with: twice the largest score of a clean one. `Chosen.` */
const PASTED = 15;

/**
 * Pasted: a square of one image that is alike within and steps the same way along every side. It asks what was stamped
 * as it is, whether networks learnt it or not: with one image a class they learn any detail of the image, and a stamp looks like one.
 */
export const pasted = defineDetector({
  title: "Pasted: a flat square with a step all around",
  source: "Retort, docs/audit.md",
  phase: "read",
  level: "quick",
  decisive: true,
  async run({ audited }) {
    const found = mostPasted(audited);
    if (!found) return { score: 0 };
    const { square, score, images } = found;
    const targetClass = mostFrequent(images.map((i) => audited.labels[i]));
    const shown = images.find((i) => audited.labels[i] === targetClass) as number;
    const patch = cut(audited.pixels, audited.shape, shown, square.top, square.left, square.side);
    return { score, targetClass, images, patch, alarm: score >= PASTED, threshold: PASTED };
  },
});

function mostFrequent(labels: readonly number[]): number {
  const count = (label: number) => labels.filter((one) => one === label).length;
  return labels.reduce((best, label) => (count(label) > count(best) ? label : best));
}
