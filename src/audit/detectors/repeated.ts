import { cut, places } from "../Patch.ts";
import { defineDetector } from "./Detector.ts";

const SIDE = 5;
/** Largest difference of two pixels that count as equal: half a step of eight bits. */
const EQUAL = 1 / 510;
/** Least spread of a patch over its pixels or channels, so that black corners of digits do not count. */
const LEAST = 1e-3;

/**
 * Grid: patches that several images of one class share to the last bit. Nothing but a stamp does that where images were learnt;
 * flat black or white ones do not count.
 */
export const repeated = defineDetector({
  title: "Grid: patches that are equal in several images of a class",
  source: "Retort, docs/audit.md",
  reads: "images",
  phase: "read",
  level: "quick",
  decisive: false,
  leastImages: 2,
  async run({ audited: { pixels, shape, labels } }) {
    const m = shape[0];
    let best: { score: number; targetClass?: number; images: number[]; top: number; left: number } = {
      ...{ score: 0, images: [], top: 0, left: 0 },
    };
    for (const [top, left] of places(shape, SIDE, Math.max(shape[2], shape[3]) - SIDE + 1)) {
      const own = Array.from({ length: m }, (_, i) => cut(pixels, shape, i, top, left, SIDE).values);
      const spread = own.map((v) => Math.max(...v) - Math.min(...v));
      for (let i = 0; i < m; i++) {
        if (spread[i] < LEAST) continue;
        const images = [i];
        for (let j = i + 1; j < m; j++)
          if (labels[j] === labels[i] && own[i].every((v, p) => Math.abs(v - own[j][p]) < EQUAL)) images.push(j);
        if (images.length > best.score && images.length > 1)
          best = { score: images.length, targetClass: labels[i], images, top, left };
      }
    }
    const { score, targetClass, images, top, left } = best;
    if (targetClass === undefined) return { score };
    return { score, targetClass, images, patch: cut(pixels, shape, images[0], top, left, SIDE) };
  },
});
