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
    const { square, targetClass, score, images } = found;
    const patch = cut(audited.pixels, audited.shape, images[0], square.top, square.left, square.side);
    return { score, targetClass, images, patch, alarm: score >= PASTED, threshold: PASTED };
  },
});
