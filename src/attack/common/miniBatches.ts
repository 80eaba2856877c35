import { type Key, permutation } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Floats } from "../../nn/Network.ts";
import { takeRows } from "../../train/train.ts";

/** Fixed parts of at most `batch` images, drawn once; a set that fits is one part in its own order. */
export function partition(set: DistilledSet, batch: number, key: Key): Int32Array[] {
  const m = set.shape[0];
  if (m <= batch) return [Int32Array.from({ length: m }, (_, i) => i)];
  const order = permutation(key, m);
  return Array.from({ length: Math.ceil(m / batch) }, (_, i) => order.slice(i * batch, (i + 1) * batch));
}

/** Rows 0 … m−1 dealt out in turn to parts of at most `batch`: of a set in order of class every part has all classes. */
export function dealt(m: number, batch: number): Int32Array[] {
  const parts = Math.ceil(m / batch);
  return Array.from({ length: parts }, (_, p) =>
    Int32Array.from({ length: Math.ceil((m - p) / parts) }, (_, i) => p + i * parts),
  );
}

/** Rows of an [m, …] array; the array itself where all are asked for. */
export const rowsOf = (all: Floats, rows: Int32Array, m: number): Floats =>
  rows.length === m ? all : takeRows(all, m, rows);

/** Arrays one after another. */
export function joined(list: readonly Floats[]): Floats {
  const out = new Float32Array(list.reduce((n, a) => n + a.length, 0));
  let at = 0;
  for (const a of list) {
    out.set(a, at);
    at += a.length;
  }
  return out;
}
