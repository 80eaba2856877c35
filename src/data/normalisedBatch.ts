import { UsageError } from "../core/errors.ts";
import type { LabelledSet } from "./LabelledSet.ts";
import type { Normalisation } from "./Normalisation.ts";
import { fromPixels } from "./normalise.ts";
import { heldWhitened } from "./whitenedImages.ts";

/**
 * Images `from` … `to` − 1 of a raw set as networks see them: byte / 255, normalised. Float32 [to − from, C, H, W].
 *
 * @example
 * const first = normalisedBatch(raw, 0, 100, knownNormalisations["cifar-10"]);
 */
export function normalisedBatch(
  set: LabelledSet,
  from: number,
  to: number,
  normalisation: Normalisation,
): Float32Array<ArrayBuffer> {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > set.shape[0])
    throw new UsageError(`normalisedBatch: invalid range: expected part of 0 … ${set.shape[0]}, got ${from} … ${to}`);
  const size = imageSize(set);
  const whitened = normalisation.kind === "zca" && heldWhitened(set, normalisation.whitening);
  if (whitened) return Float32Array.from(whitened.subarray(from * size, to * size));
  return normaliseBytes(set.pixels.subarray(from * size, to * size), set, normalisation);
}

/** The images at `rows`, in that order, as `normalisedBatch` gives them. */
export function normalisedRows(
  set: LabelledSet,
  rows: ArrayLike<number>,
  normalisation: Normalisation,
): Float32Array<ArrayBuffer> {
  const size = imageSize(set);
  const whitened = normalisation.kind === "zca" ? heldWhitened(set, normalisation.whitening) : undefined;
  const source = whitened ?? set.pixels;
  const found = whitened ? new Float32Array(rows.length * size) : new Uint8Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!(row >= 0 && row < set.shape[0]))
      throw new UsageError(`normalisedRows: invalid row: expected 0 … ${set.shape[0] - 1}, got ${row}`);
    found.set(source.subarray(row * size, (row + 1) * size), i * size);
  }
  return found instanceof Uint8Array ? normaliseBytes(found, set, normalisation) : found;
}

/** Numbers of one image: C·H·W. */
const imageSize = ({ shape: [, c, h, w] }: LabelledSet): number => c * h * w;

/** A table of 256 values a channel: a byte has no more. ZCA mixes pixels and goes the long way. */
function normaliseBytes(bytes: Uint8Array, { shape }: LabelledSet, normalisation: Normalisation) {
  const [, channels, h, w] = shape;
  const n = bytes.length / (channels * h * w);
  if (normalisation.kind === "zca") {
    const pixels = Float32Array.from(bytes, (byte) => byte / 255);
    return fromPixels(pixels, [n, channels, h, w], normalisation);
  }
  const levels = Float32Array.from({ length: 256 * channels }, (_, i) => (i % 256) / 255);
  const table = fromPixels(levels, [1, channels, 16, 16], normalisation);
  const out = new Float32Array(bytes.length);
  const area = h * w;
  for (let plane = 0, i = 0; plane < n * channels; plane++) {
    const base = 256 * (plane % channels);
    for (const end = i + area; i < end; i++) out[i] = table[base + bytes[i]];
  }
  return out;
}
