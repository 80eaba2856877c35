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

/**
 * The images at `rows`, in that order, as `normalisedBatch` gives them.
 *
 * @param into memory to write them to, new by default
 */
export function normalisedRows(
  set: LabelledSet,
  rows: ArrayLike<number>,
  normalisation: Normalisation,
  into: Float32Array<ArrayBuffer> = new Float32Array(rows.length * imageSize(set)),
): Float32Array<ArrayBuffer> {
  const size = imageSize(set);
  const one = (from: Float32Array | Uint8Array, i: number) => from.subarray(i * size, (i + 1) * size);
  const wrong = Array.prototype.find.call(rows, (row: number) => !(row >= 0 && row < set.shape[0]));
  if (wrong !== undefined)
    throw new UsageError(`normalisedRows: invalid row: expected 0 … ${set.shape[0] - 1}, got ${wrong}`);
  if (normalisation.kind === "zca") {
    const source = heldWhitened(set, normalisation.whitening) ?? set.pixels;
    const found = source instanceof Uint8Array ? new Uint8Array(into.length) : into;
    for (let i = 0; i < rows.length; i++) found.set(one(source, rows[i]), i * size);
    if (found instanceof Uint8Array) into.set(normaliseBytes(found, set, normalisation));
    return into;
  }
  const table = tableOf(set, normalisation);
  for (let i = 0; i < rows.length; i++)
    lookUp(table, one(set.pixels, rows[i]) as Uint8Array, into.subarray(i * size), set);
  return into;
}

/** Numbers of one image: C·H·W. */
const imageSize = ({ shape: [, c, h, w] }: LabelledSet): number => c * h * w;

/** ZCA mixes pixels and goes the long way. */
function normaliseBytes(bytes: Uint8Array, set: LabelledSet, normalisation: Normalisation) {
  const [, channels, h, w] = set.shape;
  if (normalisation.kind === "zca") {
    const pixels = Float32Array.from(bytes, (byte) => byte / 255);
    return fromPixels(pixels, [bytes.length / imageSize(set), channels, h, w], normalisation);
  }
  const out = new Float32Array(bytes.length);
  lookUp(tableOf(set, normalisation), bytes, out, set);
  return out;
}

/** 256 values a channel: a byte has no more. */
function tableOf({ shape: [, channels] }: LabelledSet, normalisation: Normalisation): Float32Array {
  const levels = Float32Array.from({ length: 256 * channels }, (_, i) => (i % 256) / 255);
  return fromPixels(levels, [1, channels, 16, 16], normalisation);
}

function lookUp(table: Float32Array, bytes: Uint8Array, out: Float32Array, { shape }: LabelledSet): void {
  const [, channels, h, w] = shape;
  const area = h * w;
  for (let plane = 0, i = 0; i < bytes.length; plane++) {
    const base = 256 * (plane % channels);
    for (const end = i + area; i < end; i++) out[i] = table[base + bytes[i]];
  }
}
