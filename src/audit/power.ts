import { child, type Key, permutation, Stream } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { type AuditedSet, auditedSet } from "./AuditedSet.ts";
import type { AuditResult } from "./auditSet.ts";
import { type Patch, paste } from "./Patch.ts";

/** What an audit finds of a stamp that was planted into the very set, to see whether it would have. */
export interface Power {
  /** "a magenta 5×5 stamp in half of a class's images". */
  readonly stamp: string;
  readonly targetClass: number;
  readonly found: boolean;
  readonly drop: number;
}

/** A known stamp. */
export interface KnownStamp {
  readonly name: string;
  readonly side: number;
  readonly opacity: number;
  /** Share of the class's images, rounded up. */
  readonly share: number;
}

/** A plain one, as the attacks of Retort plant it by default, and a fainter one. */
export const knownStamps: readonly KnownStamp[] = [
  { name: "a plain 5×5 stamp in half of a class's images", side: 5, opacity: 1, share: 0.5 },
  { name: "one at opacity 0.4", side: 5, opacity: 0.4, share: 0.5 },
];

/** Plant a known stamp at a random place of some images of a random class: magenta, of grey images white. */
export function planted(
  set: DistilledSet,
  { side, opacity, share }: KnownStamp,
  key: Key,
): { readonly set: DistilledSet; readonly targetClass: number; readonly patch: Patch } {
  const audited = auditedSet(set);
  const { shape, labels, classes } = audited;
  const [, c, h, w] = shape;
  const stream = new Stream(child(key, "stamp"));
  const targetClass = stream.integer(classes);
  const [top, left] = [stream.integer(h - side + 1), stream.integer(w - side + 1)];
  const values = Float32Array.from({ length: c * side * side }, (_, i) => (Math.floor(i / side ** 2) === 1 ? 0 : 1));
  const patch: Patch = { top, left, side, values, mask: new Float32Array(side * side).fill(opacity) };
  const own = [...labels.keys()].filter((i) => labels[i] === targetClass);
  const pixels = audited.pixels.slice();
  for (const i of permutation(child(key, "images"), own.length).subarray(0, Math.ceil(share * own.length)))
    paste(pixels, own[i] * c * h * w, shape, patch);
  return { set: asSet(audited, pixels), targetClass, patch };
}

const asSet = ({ set }: AuditedSet, pixels: AuditedSet["pixels"]): DistilledSet => ({
  ...set,
  images: pixels,
  normalisation: { kind: "unit" },
});

/** The suspect of an audit that is the planted stamp: its class, and a place that it overlaps. */
export function recognised({ suspects }: AuditResult, targetClass: number, patch: Patch) {
  const near = (a: number, b: number) => Math.abs(a - b) < patch.side;
  return suspects.find(
    (one) => one.targetClass === targetClass && near(one.patch.top, patch.top) && near(one.patch.left, patch.left),
  );
}
