/** What a change of one image looks like. */
export type ChangeKind = "none" | "rounding" | "clamping" | "lossy" | "edited";

/** One image and its copy, both as pixels or both in the first set's space. */
export interface ImagePair {
  readonly before: Float32Array;
  readonly after: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** The values are pixels, so that 8 bits and the gamut mean something. */
  readonly pixels: boolean;
}

/**
 * Tell harmless changes from others.
 *
 * - `rounding`: every value moved by no more than 8-bit or half-precision storage moves it;
 * - `clamping`: the same, and values outside [0, 1] were cut off;
 * - `lossy`: the copy lies on the 8×8 cosine grid that JPEG leaves, and the first did not;
 * - `edited`: none of these explains it.
 *
 * What is called harmless is bounded: a change below it could still hide an attack of that size.
 */
export function classifyChange(pair: ImagePair): ChangeKind {
  const { before, after } = pair;
  if (before.every((x, i) => x === after[i])) return "none";
  if (isRounding(pair)) return "rounding";
  if (pair.pixels && isClamping(pair)) return "clamping";
  if (pair.pixels && isLossy(pair)) return "lossy";
  return "edited";
}

/** Half a step of 8 bits, with room for a conversion in single precision. */
const halfByte = 0.5 / 255 + 2e-5;
/** bfloat16, the coarsest float that sets are stored in, keeps 8 bits of mantissa. */
const halfPrecision = 2 ** -8;

function isRounding({ before, after, pixels }: ImagePair): boolean {
  const byFloat = before.every((x, i) => Math.abs(after[i] - x) <= halfPrecision * Math.abs(x) + 1e-5);
  if (byFloat && !isSparse(before, after)) return true;
  return pixels && before.every((x, i) => Math.abs(after[i] - x) <= halfByte) && isBytes(after);
}

/** Storage rounds everywhere. A change of a few values only was made on purpose, however small. */
function isSparse(before: Float32Array, after: Float32Array): boolean {
  const changed = before.reduce((count, x, i) => count + (x === after[i] ? 0 : 1), 0);
  return changed < 0.05 * before.length;
}

function isBytes(values: Float32Array): boolean {
  return values.every((x) => Math.abs(x * 255 - Math.round(x * 255)) < 0.02);
}

function isClamping({ before, after }: ImagePair): boolean {
  const room = isBytes(after) ? halfByte : 1e-5;
  return before.every((x, i) => Math.abs(after[i] - Math.min(1, Math.max(0, x))) <= room);
}

/** Chosen on JPEG copies of distilled images at qualities 50 to 95 against attacked and noisy copies. */
const lossyShare = 0.35;

function isLossy(pair: ImagePair): boolean {
  if (!isBytes(pair.after) || movesCoarseStructure(pair)) return false;
  return quietShare(pair.after, pair) - quietShare(pair.before, pair) > lossyShare;
}

/** Chosen: half the step of the lowest luma coefficients at quality 50 is 5 to 8; chroma subsampling adds as much. */
const coarseStep = 24;

/** Lossy compression keeps the coarse structure of every block; a patch does not. */
function movesCoarseStructure(pair: ImagePair): boolean {
  const [before, after] = [blocks(pair.before, pair), blocks(pair.after, pair)];
  return before.some((block, i) => {
    const [x, y] = [cosine(block), cosine(after[i])];
    return x.some((value, j) => (j >> 3) + (j & 7) <= 2 && Math.abs(value - y[j]) > coarseStep);
  });
}

/**
 * Share of the luma's higher cosine coefficients (index sum above 5 of each 8×8 block) that are below one step of 8 bits.
 *
 * JPEG sets most of them to zero; images and noise do not.
 */
function quietShare(values: Float32Array, pair: ImagePair): number {
  let [quiet, count] = [0, 0];
  for (const block of blocks(values, pair)) {
    const coefficients = cosine(block);
    for (let i = 0; i < 64; i++) {
      if ((i >> 3) + (i & 7) <= 5) continue;
      count++;
      if (Math.abs(coefficients[i]) < 1) quiet++;
    }
  }
  return count === 0 ? 0 : quiet / count;
}

/** The luma's whole 8×8 blocks, in steps of 8 bits; what 8 does not divide is left out. Outside [0, 1] is cut off. */
function blocks(values: Float32Array, { channels, height, width }: ImagePair): Float64Array[] {
  const plane = height * width;
  const cut = (x: number) => 255 * Math.min(1, Math.max(0, x));
  const luma = (i: number) =>
    channels === 3
      ? 0.299 * cut(values[i]) + 0.587 * cut(values[plane + i]) + 0.114 * cut(values[2 * plane + i])
      : cut(values[i]);
  const out: Float64Array[] = [];
  for (let top = 0; top + 8 <= height; top += 8)
    for (let left = 0; left + 8 <= width; left += 8)
      out.push(Float64Array.from({ length: 64 }, (_, i) => luma((top + (i >> 3)) * width + left + (i & 7))));
  return out;
}

const basis = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/** Two-dimensional cosine transform of an 8×8 block, orthonormal. */
function cosine(block: Float64Array): Float64Array {
  const rows = new Float64Array(64);
  for (let y = 0; y < 8; y++)
    for (let u = 0; u < 8; u++) for (let x = 0; x < 8; x++) rows[y * 8 + u] += basis[u * 8 + x] * block[y * 8 + x];
  const out = new Float64Array(64);
  for (let v = 0; v < 8; v++)
    for (let u = 0; u < 8; u++) for (let y = 0; y < 8; y++) out[v * 8 + u] += basis[v * 8 + y] * rows[y * 8 + u];
  return out;
}
