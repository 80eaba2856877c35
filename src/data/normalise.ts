import { UsageError } from "../core/errors.ts";
import { didYouMean } from "../core/suggestion.ts";
import type { DistilledSet } from "./DistilledSet.ts";
import type { ImageShape } from "./LabelledSet.ts";
import { knownNormalisations, type Normalisation } from "./Normalisation.ts";

/** The identity: values are pixels in [0, 1]. */
export const unit: Normalisation = { kind: "unit" };

/**
 * Undo a normalisation: numbers as stored → pixel units, x · std + mean or x · inverse + mean.
 *
 * @param values N·C·H·W numbers, NCHW.
 * @returns new numbers, not clamped.
 * @throws UsageError if the normalisation is unknown, or ZCA without its matrix.
 * @example
 * const pixels = toPixels(set.images, set.shape, set.normalisation);
 */
export function toPixels(
  values: Float32Array,
  shape: ImageShape,
  normalisation: Normalisation,
): Float32Array<ArrayBuffer> {
  const check = checked(normalisation, shape, "toPixels");
  if (check.kind === "unit") return new Float32Array(values);
  if (check.kind === "meanStd") return perChannel(values, shape, (x, c) => x * check.std[c] + check.mean[c]);
  const { mean, inverse } = check.whitening;
  const out = multiplyRows(values, inverse, mean.length);
  for (let i = 0; i < out.length; i++) out[i] += mean[i % mean.length];
  return out;
}

/**
 * Apply a normalisation: pixel units → numbers as stored, (x − mean) / std or (x − mean) · matrix.
 *
 * @throws UsageError as `toPixels`.
 * @example
 * const seen = fromPixels(pixels, [10, 3, 32, 32], knownNormalisations["cifar-10"]);
 */
export function fromPixels(
  pixels: Float32Array,
  shape: ImageShape,
  normalisation: Normalisation,
): Float32Array<ArrayBuffer> {
  const check = checked(normalisation, shape, "fromPixels");
  if (check.kind === "unit") return new Float32Array(pixels);
  if (check.kind === "meanStd") return perChannel(pixels, shape, (x, c) => (x - check.mean[c]) / check.std[c]);
  const { mean, matrix } = check.whitening;
  return multiplyRows(
    pixels.map((x, i) => x - mean[i % mean.length]),
    matrix,
    mean.length,
  );
}

/**
 * Bring a set into another normalisation, through pixel units. The same object if it is there already.
 *
 * @example
 * const inPixels = renormalise(set, { kind: "unit" });
 */
export function renormalise(set: DistilledSet, target: Normalisation): DistilledSet {
  if (sameNormalisation(set.normalisation, target)) return set;
  const pixels = toPixels(set.images, set.shape, set.normalisation);
  const images = target.kind === "unit" ? pixels : fromPixels(pixels, set.shape, target);
  return { ...set, images, normalisation: target };
}

/**
 * The space in which pictures are handled: triggers laid on, values clamped, errors counted.
 *
 * Where a normalisation treats every pixel by itself it is the set's own. Whitening mixes all of them, so that a patch of a picture
 * is a change of every number: a whitened set is handled as pixels in [0, 1]. Without its matrix there is no way to them.
 */
export function pictureSpace(normalisation: Normalisation): Normalisation {
  return normalisation.kind === "zca" && normalisation.whitening ? unit : normalisation;
}

/** Equal in what they do to numbers; names do not count. Two unknowns are never equal. */
export function sameNormalisation(a: Normalisation, b: Normalisation): boolean {
  if (a.kind === "unit" && b.kind === "unit") return true;
  if (a.kind === "meanStd" && b.kind === "meanStd") return equal(a.mean, b.mean) && equal(a.std, b.std);
  if (a.kind === "zca" && b.kind === "zca") return sameWhitening(a, b);
  return false;
}

type Whitened = Extract<Normalisation, { kind: "zca" }>;

function sameWhitening(a: Whitened, b: Whitened): boolean {
  if (a.fit && b.fit) return a.fit.data === b.fit.data && a.fit.epsilon === b.fit.epsilon;
  return a.whitening !== undefined && a.whitening === b.whitening;
}

/** Pixels of 0 … 255 kept as numbers; stands for any number of channels. */
const eightBit: Normalisation = { kind: "meanStd", name: "8-bit", mean: [0], std: [1 / 255] };

/**
 * Look a normalisation up: `unit`, `8-bit`, the name of a raw dataset, or numbers as `0.5,0.5,0.5/0.2,0.2,0.2` (means and
 * deviations per channel, in pixel units).
 *
 * @throws UsageError that lists the known names.
 */
export function normalisationNamed(name: string, who: string): Normalisation {
  if (name === "unit") return unit;
  if (name === "8-bit") return eightBit;
  if (Object.hasOwn(knownNormalisations, name)) return knownNormalisations[name as keyof typeof knownNormalisations];
  if (name.startsWith("zca-"))
    throw new UsageError(
      `${who}: invalid normalisation: expected one that treats every pixel by itself, got ${name}; whitened sets are opened (--normalisation), not made`,
    );
  const [mean, std, ...more] = name.split("/").map((part) => part.split(",").map(Number));
  const given = std !== undefined && more.length === 0 && mean.length === std.length;
  if (given && [...mean, ...std].every(Number.isFinite) && std.every((s) => s > 0))
    return { kind: "meanStd", mean, std };
  const names = ["unit", "8-bit", ...Object.keys(knownNormalisations)].sort();
  const known = names.join(", ");
  throw new UsageError(
    `${who}: unknown normalisation: expected one of ${known}, or MEANS/DEVIATIONS, got ${JSON.stringify(name)}${didYouMean(name, names)}`,
  );
}

/** How people call a normalisation: `cifar-10`, `unit`, `zca`, `zca-cifar-10`, `mean/std (0.5)/(0.25)`. */
export function describeNormalisation(normalisation: Normalisation): string {
  if (normalisation.kind === "meanStd") {
    const { name, mean, std } = normalisation;
    return name ?? `mean/std (${mean.join(" ")})/(${std.join(" ")})`;
  }
  return normalisation.kind === "zca" && normalisation.name ? `zca-${normalisation.name}` : normalisation.kind;
}

function checked(normalisation: Normalisation, [, channels, h, w]: ImageShape, who: string) {
  if (normalisation.kind === "unit") return normalisation;
  if (normalisation.kind === "meanStd") {
    const { mean, std } = spread(normalisation, channels);
    if (mean.length !== channels || std.length !== channels)
      throw new UsageError(`${who}: invalid normalisation: expected ${channels} channels, got ${mean.length}`);
    return { kind: "meanStd", mean, std } as const;
  }
  if (normalisation.kind === "zca" && normalisation.whitening) {
    const { whitening } = normalisation;
    if (whitening.mean.length !== channels * h * w)
      throw new UsageError(
        `${who}: invalid whitening: expected ${channels * h * w} features, got ${whitening.mean.length}`,
      );
    return { kind: "zca", whitening } as const;
  }
  const what = normalisation.kind === "zca" ? "zca without its matrix" : "unknown";
  throw new UsageError(`${who}: unknown normalisation: expected unit, mean/std or zca with its matrix, got ${what}`);
}

/** 8-bit means the same for every channel; of other normalisations one number is not enough for three channels. */
function spread({ name, mean, std }: Extract<Normalisation, { kind: "meanStd" }>, channels: number) {
  if (name !== "8-bit" || mean.length !== 1) return { mean, std };
  return { mean: new Array<number>(channels).fill(mean[0]), std: new Array<number>(channels).fill(std[0]) };
}

function perChannel(values: Float32Array, [n, channels, h, w]: ImageShape, f: (x: number, c: number) => number) {
  const out = new Float32Array(values.length);
  const area = h * w;
  for (let plane = 0, i = 0; plane < n * channels; plane++) {
    for (let p = 0; p < area; p++, i++) out[i] = f(values[i], plane % channels);
  }
  return out;
}

/**
 * Rows of `values` (D numbers each) times a D × D matrix, accumulated in double precision; four rows share each reading of the
 * matrix. For thousands of rows see train/pictureBridge.ts.
 */
function multiplyRows(values: Float32Array, matrix: Float32Array, d: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  const sums = [0, 1, 2, 3].map(() => new Float64Array(d));
  for (let start = 0; start < values.length; start += 4 * d) {
    const rows = Math.min(4, (values.length - start) / d);
    for (const sum of sums) sum.fill(0);
    const [s0, s1, s2, s3] = sums;
    for (let k = 0; k < d; k++) {
      const [x0, x1, x2, x3] = [0, 1, 2, 3].map((row) => (row < rows ? values[start + row * d + k] : 0));
      for (let j = 0, m = k * d; j < d; j++, m++) {
        const weight = matrix[m];
        s0[j] += x0 * weight;
        s1[j] += x1 * weight;
        s2[j] += x2 * weight;
        s3[j] += x3 * weight;
      }
    }
    for (let row = 0; row < rows; row++) out.set(sums[row], start + row * d);
  }
  return out;
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
