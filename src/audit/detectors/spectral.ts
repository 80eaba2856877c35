import { defineDetector } from "./Detector.ts";
import { projections } from "./features.ts";

/** Times the median from which an image is named. Chosen: the paper removes a share of the images that is known to be poisoned; here none is. */
const MANY = 10;

export const spectral = defineDetector({
  title: "Spectral signatures",
  source: "arXiv 1811.00636, algorithm 1",
  phase: "read",
  level: "deep",
  decisive: false,
  leastImages: 3,
  async run(context) {
    let best: { score: number; targetClass: number; images: number[] } = { score: 0, targetClass: 0, images: [] };
    for (const [targetClass, { images, values }] of (await projections(context)).entries()) {
      if (images.length < 3) continue;
      const squares = values.map((v) => v ** 2);
      const median = [...squares].sort((a, b) => a - b)[Math.floor(squares.length / 2)] || 1e-12;
      const score = Math.max(...squares) / median;
      if (score > best.score)
        best = { score, targetClass, images: images.filter((_, i) => squares[i] > MANY * median) };
    }
    return best;
  },
});
