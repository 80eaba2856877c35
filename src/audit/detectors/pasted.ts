import { cut } from "../Patch.ts";
import { mostPasted } from "../pastedSquares.ts";
import { defineDetector } from "./Detector.ts";

/** What is called pasted without clean sets of the kind to compare with: twice the largest score of a clean one. `Chosen.` */
const PASTED = 15;

/**
 * Squares that are natural score up to 9, in one set of twenty or forty; stamps from about 10 on. `Chosen` so that such a set, where the
 * others lie within a point, does not hide what else is unusual; 1 to 2.5 give nearly the same (repro/audit/pastedWidth.ts).
 */
const WIDTH = 2;

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
  leastWidth: WIDTH,
  async run({ audited }) {
    const found = mostPasted(audited);
    if (!found) return { score: 0 };
    const { square, targetClass, score, images } = found;
    const patch = cut(audited.pixels, audited.shape, images[0], square.top, square.left, square.side);
    return { score, targetClass, images, patch, alarm: score >= PASTED, threshold: PASTED };
  },
});
