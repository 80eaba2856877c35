import { type JpegSettings, jpegRoundTrip } from "./jpegModel.ts";

/** What a change of one image looks like. */
export type ChangeKind = "none" | "rounding" | "finer" | "clamping" | "wider" | "lossy" | "edited";

/** One image and its copy, both as pixels or both in the first set's space. */
export interface ImagePair {
  readonly before: Float32Array;
  readonly after: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** The values are pixels, so that 8 bits and the gamut mean something. */
  readonly pixels: boolean;
  /** The copy was stored in half precision, as all its values show. */
  readonly half?: boolean;
}

/**
 * Tell harmless changes from others.
 *
 * - `rounding`: every value moved by no more than 8-bit or half-precision storage moves it;
 * - `clamping`: the same, and values outside [0, 1] were cut off;
 * - `finer`: the other way round, the first is the copy rounded;
 * - `wider`: the other way round, the first is the copy cut off. What the copy has beyond black and white is in no way explained by the
 *   first, so this is not harmless;
 * - `lossy`: JPEG with the settings that were found for the set makes this copy of the first;
 * - `edited`: none of these explains it.
 *
 * What is called harmless is bounded: a change below it could still hide an attack of that size.
 */
export function classifyChange(pair: ImagePair, jpeg?: JpegSettings): ChangeKind {
  const { before, after } = pair;
  if (before.every((x, i) => x === after[i])) return "none";
  if (isRounding(pair)) return "rounding";
  if (pair.pixels && isClamping(pair)) return "clamping";
  const turned = { ...pair, before: pair.after, after: pair.before, half: undefined };
  // A few values only that are finer than the rest were made so on purpose.
  if (!isSparse(before, after) && isRounding(turned)) return "finer";
  if (pair.pixels && isClamping(turned)) return "wider";
  if (pair.pixels && jpeg && isBytes(pair.after) && isJpeg(pair, jpeg)) return "lossy";
  return "edited";
}

/** Half a step of 8 bits, with room for a normalisation that was fitted. */
const halfByte = 0.5 / 255 + 2e-4;
/** A normalisation applied and undone in single precision; half a hundredth of a step of 8 bits. */
const floatNoise = 2e-5;
/** bfloat16, the coarsest float that sets are stored in, keeps 8 bits of mantissa. */
const halfPrecision = 2 ** -8;

function isRounding({ before, after, pixels, half }: ImagePair): boolean {
  if (before.every((x, i) => Math.abs(after[i] - x) <= floatNoise * Math.max(1, Math.abs(x)))) return true;
  const byFloat = before.every((x, i) => Math.abs(after[i] - x) <= halfPrecision * Math.abs(x) + 1e-5);
  if (byFloat && (half || !isSparse(before, after))) return true;
  if (!pixels || !isBytes(after) || before.some((x, i) => Math.abs(after[i] - x) > halfByte)) return false;
  // Where only a few values moved, they must have had a reason: 8 bits leave alone what is 8 bits already.
  return !isSparse(before, after) || before.every((x, i) => x === after[i] || !isByte(x));
}

/** Storage rounds everywhere. A change of a few values only was made on purpose, however small. */
function isSparse(before: Float32Array, after: Float32Array): boolean {
  const changed = before.reduce((count, x, i) => count + (x === after[i] ? 0 : 1), 0);
  return changed < 0.05 * before.length;
}

function isBytes(values: Float32Array): boolean {
  return values.every(isByte);
}

/** Chosen: a normalisation that was applied and undone moves a value by less than this part of a step. */
function isByte(x: number): boolean {
  return Math.abs(x * 255 - Math.round(x * 255)) < 0.02;
}

function isClamping(pair: ImagePair): boolean {
  const cut = pair.before.map((x) => Math.min(1, Math.max(0, x)));
  if (cut.every((x, i) => x === pair.before[i])) return false;
  return cut.every((x, i) => x === pair.after[i]) || isRounding({ ...pair, before: cut });
}

/**
 * Chosen on JPEG copies of distilled CIFAR-10 images, qualities 50 to 95: the model was off by at most 2.2 steps of 8
 * bits in the mean and 31 anywhere; with a quality one off it was 3.2, on noise of two steps 9.7, beside a patch 235.
 */
const jpegMean = 2.5;
const jpegMax = 40;
/** Chosen: the model must explain at least half of the change, so that weak noise is not taken for JPEG of quality 100. */
const jpegShare = 0.5;

/** Does JPEG with these settings, and nothing else, turn the first into the copy? */
function isJpeg(pair: ImagePair, settings: JpegSettings): boolean {
  const { mean, max, change } = jpegError(pair, settings);
  return mean <= Math.min(jpegMean, jpegShare * change) && max <= jpegMax;
}

/** How far the copy is from what JPEG would have made of the first, in steps of 8 bits. */
function jpegError(
  { before, after, channels, height, width }: ImagePair,
  settings: JpegSettings,
): { mean: number; max: number; change: number } {
  const planes = before.map((x) => Math.round(255 * Math.min(1, Math.max(0, x))));
  const expected = jpegRoundTrip({ planes, channels, height, width }, settings);
  let [sum, max, change] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(expected[i] - 255 * after[i]);
    sum += error;
    max = Math.max(max, error);
    change += Math.abs(planes[i] - 255 * after[i]);
  }
  return { mean: sum / expected.length, max, change: change / expected.length };
}

/** Chosen: larger images are judged by this corner, a multiple of the 16×16 units that subsampling works in. */
const corner = 32;

/**
 * Find the settings with which JPEG explains most of a few images, if it explains any.
 *
 * @param pairs changed images as pixels.
 */
export function estimateJpeg(pairs: readonly ImagePair[]): JpegSettings | undefined {
  const probes = pairs
    .filter((pair) => isBytes(pair.after))
    .slice(0, 4)
    .map(cropped);
  if (probes.length === 0) return undefined;
  const all = (probes[0].channels === 3 ? [true, false] : [false]).flatMap((subsampled) =>
    Array.from({ length: 81 }, (_, i): JpegSettings => ({ quality: 20 + i, subsampled })),
  );
  // Two images narrow the choice; one of them may have been edited on top, so the better one counts.
  const likely = ranked(all, (settings) =>
    Math.min(...probes.slice(0, 2).map((pair) => jpegError(pair, settings).mean)),
  ).slice(0, 6);
  // The median of all decides.
  const [best] = ranked(
    likely.map((item) => item.settings),
    (settings) => {
      const means = probes.map((pair) => jpegError(pair, settings).mean).sort((x, y) => x - y);
      return means[(means.length - 1) >> 1];
    },
  );
  return best.error <= jpegMean ? best.settings : undefined;
}

function ranked(list: readonly JpegSettings[], errorOf: (settings: JpegSettings) => number) {
  return list.map((settings) => ({ settings, error: errorOf(settings) })).sort((x, y) => x.error - y.error);
}

function cropped(pair: ImagePair): ImagePair {
  const { channels, height, width } = pair;
  const [h, w] = [Math.min(height, corner), Math.min(width, corner)];
  const crop = (values: Float32Array) =>
    Float32Array.from({ length: channels * h * w }, (_, i) => {
      const [c, r, q] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
      return values[(c * height + r) * width + q];
    });
  return { ...pair, before: crop(pair.before), after: crop(pair.after), height: h, width: w };
}
