import { readFileSync, writeFileSync } from "node:fs";

/** What can happen to a file on a disk. `swap` puts another whole file in its place, bytes as they are. */
export const faults = ["flip", "flip in the digest", "flip at the end", "cut", "cut by one", "empty", "swap"] as const;
export type Fault = (typeof faults)[number];

/** Damage a file in place. @returns the bytes that stand there afterwards. */
export function inject(path: string, fault: Fault, other: string): Buffer {
  const bytes = readFileSync(path);
  const flip = (at: number) => {
    const copy = Buffer.from(bytes);
    copy[at] ^= 4;
    return copy;
  };
  const damaged = {
    flip: () => flip(bytes.length >> 1),
    "flip in the digest": () => flip(Math.min(30, bytes.length - 1)),
    "flip at the end": () => flip(bytes.length - 2),
    cut: () => bytes.subarray(0, bytes.length >> 1),
    "cut by one": () => bytes.subarray(0, bytes.length - 1),
    empty: () => Buffer.alloc(0),
    swap: () => readFileSync(other),
  }[fault]();
  writeFileSync(path, damaged);
  return Buffer.from(damaged);
}
