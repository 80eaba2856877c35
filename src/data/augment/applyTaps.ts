import type { Taps } from "./taps.ts";

/** Map `planes` channels of `area` pixels, which start at `start` in both arrays. */
export function applyTaps(taps: Taps, from: Float32Array, to: Float32Array, start: number, planes: number): void {
  const { terms, index, weight } = taps;
  const area = index.length / terms;
  for (let plane = 0, at = start; plane < planes; plane++, at += area) {
    if (terms === 1) {
      for (let p = 0; p < area; p++) to[at + p] = weight[p] * from[at + index[p]];
      continue;
    }
    for (let p = 0, t = 0; p < area; p++, t += 4) {
      to[at + p] =
        weight[t] * from[at + index[t]] +
        weight[t + 1] * from[at + index[t + 1]] +
        weight[t + 2] * from[at + index[t + 2]] +
        weight[t + 3] * from[at + index[t + 3]];
    }
  }
}

/** The transpose of `applyTaps`: adds to `to`. */
export function applyTapsAdjoint(
  taps: Taps,
  from: Float32Array,
  to: Float32Array,
  start: number,
  planes: number,
): void {
  const { terms, index, weight } = taps;
  const area = index.length / terms;
  for (let plane = 0, at = start; plane < planes; plane++, at += area)
    for (let p = 0, t = 0; p < area; p++) {
      const value = from[at + p];
      for (const end = t + terms; t < end; t++) to[at + index[t]] += weight[t] * value;
    }
}
