import { UsageError } from "../core/errors.ts";
import { type Key, Stream } from "../core/random.ts";
import type { LabelledSet } from "./LabelledSet.ts";

/** Rows of each class, in the order of the set: `classRows(set)[k]` for k in [0, K). */
export function classRows({ labels, classes }: LabelledSet): Int32Array<ArrayBuffer>[] {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]++;
  const rows = Array.from(counts, (n) => new Int32Array(n));
  const filled = new Int32Array(classes);
  labels.forEach((label, i) => {
    rows[label][filled[label]++] = i;
  });
  return rows;
}

/** Draw `n` different rows in random order; all of them if there are no more. */
export function sampleRows(rows: Int32Array, n: number, source: Key): Int32Array<ArrayBuffer> {
  const stream = new Stream(source);
  const pool = Int32Array.from(rows);
  const count = Math.min(n, pool.length);
  for (let i = 0; i < count; i++) {
    const j = i + stream.integer(pool.length - i);
    [pool[i], pool[j]] = [pool[j], pool[i]];
  }
  return pool.slice(0, count);
}

/** @throws UsageError if a class has fewer than `ipc` images. */
export function checkEachClass(rows: readonly Int32Array[], ipc: number, who: string): void {
  rows.forEach((own, k) => {
    if (own.length < ipc)
      throw new UsageError(`${who}: invalid ipc: expected at most ${own.length}, all images of class ${k}, got ${ipc}`);
  });
}

/** Draw `ipc` different rows of every class, class after class. Each class must have as many (checkEachClass). */
export function sampleEachClass(
  rows: readonly Int32Array[],
  ipc: number,
  draw: (k: number) => Key,
): Int32Array<ArrayBuffer> {
  const out = new Int32Array(rows.length * ipc);
  rows.forEach((own, k) => {
    out.set(sampleRows(own, ipc, draw(k)), k * ipc);
  });
  return out;
}
