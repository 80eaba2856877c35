import { DataError, UsageError } from "../core/errors.ts";
import type { SourceFile } from "./Format.ts";

export type Split = "train" | "test";

/** Which half of a raw set a file name speaks of, by the words that publishers use. */
export function splitOf(path: string): Split | undefined {
  const words = baseName(path)
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  if (words.some((word) => ["test", "t10k", "val", "valid", "validation"].includes(word))) return "test";
  if (words.some((word) => ["train", "training", "data"].includes(word))) return "train";
  return undefined;
}

/**
 * Settle which half to read: the one asked for, else the training half, else whichever is there.
 *
 * @returns undefined if no file says which half it belongs to, then all belong together.
 * @throws UsageError if the half asked for is not there.
 */
export function chooseSplit(present: readonly (Split | undefined)[], asked: Split | undefined, who: string) {
  const known = new Set(present.filter((split) => split !== undefined));
  if (known.size === 0 && asked === undefined) return undefined;
  if (asked !== undefined && !known.has(asked)) {
    const got = known.size === 0 ? "files that name none" : `only ${[...known].join(", ")}`;
    throw new UsageError(`${who}: unknown split: expected ${asked} to be there, got ${got}`);
  }
  return asked ?? (known.has("train") ? "train" : "test");
}

/** K = 1 + the largest label. @throws DataError on an empty list. */
export function classCount(labels: Int32Array): number {
  let most = -1;
  for (const label of labels) if (label > most) most = label;
  if (most < 0) throw new DataError("labels: missing labels: expected at least one, got none", 0);
  return most + 1;
}

/** Smallest and largest byte, nothing for none. */
export function byteRange(values: Uint8Array): { min?: number; max?: number } {
  if (values.length === 0) return {};
  let min = 255;
  let max = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "variant" });

/** Files by path with numbers in numeric order: `data_batch_2` before `data_batch_10`. */
export function naturalOrder(files: readonly SourceFile[]): SourceFile[] {
  return [...files].sort((a, b) => compareNatural(a.path, b.path));
}

/** Compare names with numbers in numeric order. */
export function compareNatural(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The last part of a "/"-separated path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
