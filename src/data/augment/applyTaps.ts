import type { Taps } from "./taps.ts";

/** Planes that are mapped together, reading the map once. */
const TOGETHER = 4;

/** Map `planes` channels of `area` pixels, which start at `start` in both arrays. */
export function applyTaps(taps: Taps, from: Float32Array, to: Float32Array, start: number, planes: number): void {
  const area = taps.index.length / taps.terms;
  const map = taps.terms === 1 ? moved : sampled;
  for (let plane = 0; plane < planes; plane += TOGETHER)
    map(taps, from, to, start + plane * area, area, Math.min(TOGETHER, planes - plane));
}

function moved(
  { index, weight }: Taps,
  from: Float32Array,
  to: Float32Array,
  at: number,
  area: number,
  planes: number,
) {
  const span = planes * area;
  for (let p = 0; p < area; p++) {
    const w = weight[p];
    const a = at + index[p];
    for (let i = 0; i < span; i += area) to[at + p + i] = w * from[a + i];
  }
}

function sampled(
  { index, weight }: Taps,
  from: Float32Array,
  to: Float32Array,
  at: number,
  area: number,
  planes: number,
) {
  const span = planes * area;
  for (let p = 0, t = 0; p < area; p++, t += 4) {
    const w0 = weight[t];
    const w1 = weight[t + 1];
    const w2 = weight[t + 2];
    const w3 = weight[t + 3];
    const a = at + index[t];
    const b = at + index[t + 1];
    const c = at + index[t + 2];
    const d = at + index[t + 3];
    for (let i = 0; i < span; i += area)
      to[at + p + i] = w0 * from[a + i] + w1 * from[b + i] + w2 * from[c + i] + w3 * from[d + i];
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
