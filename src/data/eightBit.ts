import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "./DistilledSet.ts";
import type { LabelledSet } from "./LabelledSet.ts";
import { toPixels, unit } from "./normalise.ts";

/** A set as 8-bit pixels, and what rounding to them did. */
export interface EightBit {
  /** N·C·H·W bytes, NCHW. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Largest and mean |Δ| of values that lay inside [0, 1], in pixel units. */
  readonly maxError: number;
  readonly meanError: number;
  /** Values outside [0, 1], which 0 and 255 replace. */
  readonly clipped: number;
  /** Largest distance of such a value from [0, 1], in pixel units. */
  readonly clippedBy: number;
}

/** Chosen: what float32 makes of a pixel that went through a normalisation and back stays below this. */
const roundOff = 2e-6;

/**
 * Round a set to 8-bit pixels: 255 · pixel to the nearest, clipped to 0 … 255.
 *
 * @throws UsageError if the set's normalisation cannot be undone or a value is not a finite number.
 */
export function toEightBit(set: DistilledSet): EightBit {
  const values = toPixels(set.images, set.shape, set.normalisation);
  const pixels = new Uint8Array(values.length);
  let [maxError, sum, clipped, clippedBy] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (!Number.isFinite(x)) throw new UsageError(`toEightBit: invalid image: expected finite values, got ${x}`);
    const inside = Math.min(1, Math.max(0, x));
    pixels[i] = Math.round(255 * inside);
    if (Math.abs(x - inside) > roundOff) {
      clipped++;
      clippedBy = Math.max(clippedBy, Math.abs(x - inside));
      continue;
    }
    const error = Math.abs(x - Math.fround(pixels[i] / 255));
    maxError = Math.max(maxError, error);
    sum += error;
  }
  const kept = values.length - clipped;
  return { pixels, maxError, meanError: kept === 0 ? 0 : sum / kept, clipped, clippedBy };
}

/** Sentences for `Written.losses`; empty if nothing was lost. */
export function eightBitLosses(set: DistilledSet, { maxError, meanError, clipped, clippedBy }: EightBit): string[] {
  const losses: string[] = [];
  if (maxError > 0)
    losses.push(
      `Pixels were rounded to 8 bits: error at most ${maxError.toPrecision(3)}, mean ${meanError.toPrecision(3)} (in pixel units, 1 = white).`,
    );
  if (clipped > 0)
    losses.push(
      `${clipped} of ${set.images.length} values lay outside [0, 1], by up to ${clippedBy.toPrecision(3)}, and were clipped.`,
    );
  if (set.normalisation.kind !== "unit")
    losses.push("The normalisation was undone: the file holds pixels, and its reader has to normalise them again.");
  return losses;
}

/** See a raw set as a distilled one: pixels in [0, 1], hard labels. Every byte is kept exactly. */
export function distilledFromPixels(set: LabelledSet, metadata: DistilledSet["metadata"] = {}): DistilledSet {
  const images = new Float32Array(set.pixels.length);
  for (let i = 0; i < images.length; i++) images[i] = set.pixels[i] / 255;
  return {
    kind: "distilled",
    name: set.name,
    images,
    shape: set.shape,
    labels: { kind: "hard", classes: set.labels },
    classes: set.classes,
    ...(set.classNames ? { classNames: set.classNames } : {}),
    normalisation: unit,
    metadata,
  };
}
