import type { Taps } from "./taps.ts";

/** Map `planes` channels of `area` pixels, which start at `start` in both arrays: four at a time, which read the map once. */
export function applyTaps(taps: Taps, from: Float32Array, to: Float32Array, start: number, planes: number): void {
  const area = taps.index.length / taps.terms;
  const map = taps.terms === 1 ? single : bilinear;
  let plane = 0;
  for (; plane + 4 <= planes; plane += 4) map(taps, from, to, start + plane * area, area);
  for (; plane < planes; plane++) map(taps, from, to, start + plane * area, 0);
}

/** Of the planes at `at` + 0, `by`, 2 `by` and 3 `by`: one plane where `by` is 0. */
function single({ index, weight }: Taps, from: Float32Array, to: Float32Array, at: number, by: number): void {
  const [two, three] = [2 * by, 3 * by];
  for (let p = 0; p < index.length; p++) {
    const w = weight[p];
    const a = at + index[p];
    const out = at + p;
    to[out] = w * from[a];
    if (by === 0) continue;
    to[out + by] = w * from[a + by];
    to[out + two] = w * from[a + two];
    to[out + three] = w * from[a + three];
  }
}

function bilinear({ index, weight }: Taps, from: Float32Array, to: Float32Array, at: number, by: number): void {
  for (let t = 0, out = at; t < index.length; t += 4, out++) {
    const w0 = weight[t];
    const w1 = weight[t + 1];
    const w2 = weight[t + 2];
    const w3 = weight[t + 3];
    let a = at + index[t];
    let b = at + index[t + 1];
    let c = at + index[t + 2];
    let d = at + index[t + 3];
    to[out] = w0 * from[a] + w1 * from[b] + w2 * from[c] + w3 * from[d];
    if (by === 0) continue;
    for (let next = out + by; next <= out + 3 * by; next += by) {
      a += by;
      b += by;
      c += by;
      d += by;
      to[next] = w0 * from[a] + w1 * from[b] + w2 * from[c] + w3 * from[d];
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
