import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { toPixels } from "../../data/normalise.ts";
import { hardLabels } from "../../data/tensorDigests.ts";
import { declaredIn } from "../../formats/saysTampered.ts";

/** A set as `diff` compares it. */
export interface Comparable {
  readonly name: string;
  /** M·C·H·W numbers. */
  readonly values: Float32Array;
  /** Images, channels, rows, columns. */
  readonly shape: readonly [m: number, c: number, h: number, w: number];
  /** Class of each image; of soft labels the largest entry. */
  readonly labels: Int32Array;
  /** Soft labels, row per image. */
  readonly soft?: Float32Array;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** Are the values pixels, 0 black and 1 white? The set says so, or all of them lie in that range. */
  readonly pixels: boolean;
  /** Every stored value fits into half precision: the file was, at some time, 16 bits wide. */
  readonly half: boolean;
  /** What the set says about having been attacked. */
  readonly tampered?: unknown;
}

/** Undo the normalisation that a set names, so that copies in different spaces can be laid side by side. */
export function comparable(set: DistilledSet | LabelledSet): Comparable {
  const { name, shape, classes, classNames } = set;
  const labels = hardLabels(set);
  const common = { name, shape, classes, classNames, labels };
  if (set.kind === "labelled")
    return {
      ...common,
      pixels: true,
      half: false,
      values: Float32Array.from(set.pixels, (byte) => byte / 255),
    };
  const soft = set.labels.kind === "soft" ? set.labels.values : undefined;
  const { values, pixels } = pixelsOf(set);
  return {
    ...common,
    soft,
    values,
    pixels,
    half: isHalf(set.images),
    tampered: declaredIn(set.metadata),
  };
}

function pixelsOf({ images, shape, normalisation }: DistilledSet): { values: Float32Array; pixels: boolean } {
  if (normalisation.kind === "unknown") return { values: images, pixels: images.every((x) => x >= 0 && x <= 1) };
  // Without its matrix there is no way from a whitened set to pictures.
  if (normalisation.kind === "zca" && !normalisation.whitening) return { values: images, pixels: false };
  return { values: toPixels(images, shape, normalisation), pixels: true };
}

/** float16 keeps 10 bits of mantissa and bfloat16 7; single precision has 23. */
function isHalf(values: Float32Array): boolean {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return bits.every((word) => (word & 0x1fff) === 0);
}

/** Numbers of one image. */
export function imageSize({ shape: [, c, h, w] }: Comparable): number {
  return c * h * w;
}

/** One image's values. */
export function imageOf(set: Comparable, index: number): Float32Array {
  const size = imageSize(set);
  return set.values.subarray(index * size, (index + 1) * size);
}
