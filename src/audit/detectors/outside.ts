import { defineDetector } from "./Detector.ts";

const WINDOW = 5;
/** What normalised pixels leave [0, 1] by when they come back; libraries keep four digits. */
const ROUNDING = 5e-5;

/**
 * Gamut: a place of some image that lies further outside [0, 1] than the image does elsewhere. Stamps that were strengthened beyond
 * what a picture can hold look like that.
 */
export const outside = defineDetector({
  title: "Gamut: places far outside what a picture can hold",
  source: "Retort, docs/audit.md",
  reads: "images",
  phase: "read",
  level: "quick",
  decisive: false,
  async run({ audited: { pixels, shape, labels } }) {
    const [m, c, h, w] = shape;
    const peaks: { image: number; top: number; left: number; score: number }[] = [];
    for (let i = 0; i < m; i++) {
      const excess = new Float64Array(h * w);
      for (let k = 0; k < c; k++)
        for (let p = 0; p < h * w; p++) {
          const v = pixels[(i * c + k) * h * w + p];
          excess[p] += Math.max(0, -v, v - 1) / c;
        }
      const all = excess.reduce((a, b) => a + b, 0) / (h * w);
      let best = { image: i, top: 0, left: 0, score: 0 };
      for (let top = 0; top + WINDOW <= h; top++)
        for (let left = 0; left + WINDOW <= w; left++) {
          let sum = 0;
          for (let y = 0; y < WINDOW; y++) for (let x = 0; x < WINDOW; x++) sum += excess[(top + y) * w + left + x];
          const score = sum / WINDOW ** 2 - all;
          if (score > best.score) best = { image: i, top, left, score };
        }
      peaks.push(best);
    }
    peaks.sort((a, b) => b.score - a.score);
    const [first] = peaks;
    if (first.score < ROUNDING) return { score: 0 };
    const images = peaks.filter(({ score }) => score >= first.score / 2).map(({ image }) => image);
    return { score: first.score, targetClass: labels[first.image], images: images.sort((a, b) => a - b) };
  },
});
