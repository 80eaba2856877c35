import { defineDetector } from "./Detector.ts";
import { projections } from "./features.ts";

/** Smaller clusters are poisoned, says the paper: a share of the class below this one. */
const SMALL = 0.35;
/** Silhouette from which two clusters are two, after the paper's 0.10 to 0.15. */
const TWO = 0.15;

/** Differs: clusters along the first principal direction instead of ten independent components, for a class has few images here. */
export const clustered = defineDetector({
  title: "Activation clustering",
  source: "arXiv 1811.03728",
  phase: "read",
  level: "deep",
  decisive: false,
  leastImages: 3,
  async run(context) {
    let best: { score: number; targetClass: number; images: number[]; alarm: boolean } = {
      ...{ score: 0, targetClass: 0, images: [], alarm: false },
    };
    for (const [targetClass, { images, values }] of (await projections(context)).entries()) {
      if (images.length < 3) continue;
      const { small, silhouette } = twoClusters(values);
      if (silhouette <= best.score) continue;
      const alarm = silhouette > TWO && small.length / images.length < SMALL;
      best = { score: silhouette, targetClass, images: small.map((i) => images[i]), alarm };
    }
    return best;
  },
});

/** The best cut of a line in two, by within-cluster squares, and how clean it is. */
export function twoClusters(values: readonly number[]): { small: number[]; silhouette: number } {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const squares = (some: readonly number[]) => {
    const mean = some.reduce((s, i) => s + values[i], 0) / some.length;
    return some.reduce((s, i) => s + (values[i] - mean) ** 2, 0);
  };
  let best = { cut: 1, within: Number.POSITIVE_INFINITY };
  for (let cut = 1; cut < order.length; cut++) {
    const within = squares(order.slice(0, cut)) + squares(order.slice(cut));
    if (within < best.within) best = { cut, within };
  }
  const [low, high] = [order.slice(0, best.cut), order.slice(best.cut)];
  const distance = (i: number, to: readonly number[]) => {
    const others = to.filter((j) => j !== i);
    return others.reduce((s, j) => s + Math.abs(values[i] - values[j]), 0) / Math.max(1, others.length);
  };
  let silhouette = 0;
  for (const [own, other] of [
    [low, high],
    [high, low],
  ])
    for (const i of own) {
      const [a, b] = [distance(i, own), distance(i, other)];
      if (own.length > 1) silhouette += (b - a) / Math.max(a, b, 1e-12) / values.length;
    }
  return { small: low.length <= high.length ? low : high, silhouette };
}
