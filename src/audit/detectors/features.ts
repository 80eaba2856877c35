import { fromPixels } from "../../data/normalise.ts";
import type { DetectorContext } from "./Detector.ts";

/**
 * Penultimate features of each class's images before the first network, less their mean, projected on the direction in which they
 * differ most.
 *
 * @returns one list a class: images, and their projections
 */
export async function projections({ audited, panel, states }: Pick<DetectorContext, "audited" | "panel" | "states">) {
  const { pixels, shape, labels, classes } = audited;
  const { features } = await panel.learner.predict(states[0], fromPixels(pixels, shape, panel.space));
  panel.count(shape[0]);
  const d = features.length / shape[0];
  return Array.from({ length: classes }, (_, t) => {
    const images = [...labels.keys()].filter((i) => labels[i] === t);
    const rows = images.map((i) => features.subarray(i * d, (i + 1) * d));
    const mean = new Float64Array(d);
    for (const row of rows) for (let p = 0; p < d; p++) mean[p] += row[p] / rows.length;
    const centred = rows.map((row) => Float64Array.from(row, (v, p) => v - mean[p]));
    return { images, values: firstComponent(centred) };
  });
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Projections on the first principal direction, by power iteration on the small matrix of inner products. */
export function firstComponent(rows: readonly Float64Array[]): number[] {
  const inner = rows.map((a) => rows.map((b) => dot(a, b)));
  let u = rows.map((_, i) => 1 + i / rows.length);
  for (let step = 0; step < 200; step++) {
    const next = inner.map((line) => dot(line, u));
    const norm = Math.sqrt(dot(next, next)) || 1;
    u = next.map((v) => v / norm);
  }
  // Rows · direction = u · the largest singular value.
  const largest = Math.sqrt(
    Math.max(
      0,
      dot(
        u,
        inner.map((line) => dot(line, u)),
      ),
    ),
  );
  return u.map((v) => v * largest);
}
