import { defineDetector } from "./Detector.ts";

/** Side of the window over which the statistic is averaged, in pixels. */
const WINDOW = 5;

/** Class contrast: mean of a class less the mean of the others at each pixel, as a t statistic, averaged over a small window. */
export const contrasted = defineDetector({
  title: "Class contrast: a place where one class differs from all others",
  source: "Retort, docs/audit.md",
  reads: "images",
  phase: "read",
  level: "quick",
  decisive: false,
  leastImages: 3,
  async run({ audited: { pixels, shape, labels, classes } }) {
    const [m, c, h, w] = shape;
    const size = c * h * w;
    const [sums, squares] = [new Float64Array(classes * size), new Float64Array(classes * size)];
    const counts = new Float64Array(classes);
    for (let i = 0; i < m; i++) {
      counts[labels[i]]++;
      for (let p = 0; p < size; p++) {
        sums[labels[i] * size + p] += pixels[i * size + p];
        squares[labels[i] * size + p] += pixels[i * size + p] ** 2;
      }
    }
    const total = (sums: Float64Array, p: number) => {
      let all = 0;
      for (let t = 0; t < classes; t++) all += sums[t * size + p];
      return all;
    };
    let best = { score: 0, targetClass: 0, top: 0, left: 0 };
    for (let t = 0; t < classes; t++) {
      const [n, rest] = [counts[t], m - counts[t]];
      if (n < 2 || rest < 2) continue;
      const plane = new Float64Array(h * w);
      for (let p = 0; p < size; p++) {
        const [own, others] = [sums[t * size + p], total(sums, p) - sums[t * size + p]];
        const variance = (s: number, q: number, k: number) => Math.max(1e-5, (q - s ** 2 / k) / (k - 1));
        const ownVariance = variance(own, squares[t * size + p], n);
        const otherVariance = variance(others, total(squares, p) - squares[t * size + p], rest);
        const difference = Math.abs(own / n - others / rest);
        plane[p % (h * w)] += difference / Math.sqrt(ownVariance / n + otherVariance / rest) / c;
      }
      for (let top = 0; top + WINDOW <= h; top++)
        for (let left = 0; left + WINDOW <= w; left++) {
          let score = 0;
          for (let y = 0; y < WINDOW; y++)
            for (let x = 0; x < WINDOW; x++) score += plane[(top + y) * w + left + x] / WINDOW ** 2;
          if (score > best.score) best = { score, targetClass: t, top, left };
        }
    }
    const { score, targetClass, top, left } = best;
    const values = new Float32Array(c * WINDOW * WINDOW);
    for (let k = 0, at = 0; k < c; k++)
      for (let y = 0; y < WINDOW; y++)
        for (let x = 0; x < WINDOW; x++, at++) {
          const p = targetClass * size + (k * h + top + y) * w + left + x;
          values[at] = Math.min(1, Math.max(0, sums[p] / (counts[targetClass] || 1)));
        }
    return { score, targetClass, patch: { top, left, side: WINDOW, values } };
  },
});
