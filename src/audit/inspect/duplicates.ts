import { sha256Hex } from "../../core/hash.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";

/** Images with the same bytes. */
export interface DuplicateGroup {
  readonly images: readonly number[];
  /** Do they carry different labels? */
  readonly contradictory: boolean;
}

/** Two images of different classes that show almost the same. */
export interface NearDuplicate {
  readonly images: readonly [number, number];
  readonly classes: readonly [number, number];
  /** Correlation of their values, 1 for the same up to brightness and contrast. */
  readonly correlation: number;
}

/** Group images whose bytes are equal. */
export function findDuplicates(
  values: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>,
  [n, c, h, w]: ImageShape,
  classes: Int32Array,
): DuplicateGroup[] {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const size = c * h * w * values.BYTES_PER_ELEMENT;
  const image = (i: number) => bytes.subarray(i * size, (i + 1) * size);
  const sum = (i: number) => {
    let total = 0;
    for (let k = i * c * h * w; k < (i + 1) * c * h * w; k++) total += values[k];
    return total;
  };
  const all = Array.from({ length: n }, (_, i) => i);
  // Most images differ in their sum already; only those that do not are worth a digest.
  return groupedBy(all, sum)
    .flatMap((alike) => groupedBy(alike, (i) => sha256Hex(image(i))))
    .map((images) => ({ images, contradictory: images.some((i) => classes[i] !== classes[images[0]]) }))
    .sort((a, b) => a.images[0] - b.images[0]);
}

/** Those that share a key with another. */
function groupedBy<Key>(images: readonly number[], key: (image: number) => Key): number[][] {
  const groups = new Map<Key, number[]>();
  for (const image of images) {
    const of = key(image);
    const group = groups.get(of);
    if (group) group.push(image);
    else groups.set(of, [image]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** Chosen: pairs are compared one by one; above this many images the search would take minutes, so it takes a sample. */
const nearDuplicateLimit = 2000;
/** Chosen: values that whole images may cost to compare, a few seconds; sets of thousands of look-alikes stop there. */
const mostEffort = 1e9;
const thumbnailSide = 8;
/** Chosen: augmented copies and stamped copies of 32 × 32 images correlate above 0.95, others of one class hardly above 0.8. */
const alike = 0.95;
/** Thumbnails are compared first; blurring only brings images closer, so a lower bound misses nothing in practice. */
const thumbnailsAlike = 0.9;

/**
 * Find pairs of images of different classes whose correlation is at least 0.95.
 *
 * @returns the closest 100 pairs, closest first, and how many images were compared.
 */
export function findNearDuplicates(
  values: Float32Array | Uint8Array,
  shape: ImageShape,
  classes: Int32Array,
): { pairs: NearDuplicate[]; compared: number } {
  const [n, c, h, w] = shape;
  const step = Math.max(1, Math.ceil(n / nearDuplicateLimit));
  const chosen = Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
  const size = c * h * w;
  const image = (i: number) => unitVector(Float32Array.from(values.subarray(i * size, (i + 1) * size)));
  const thumbnails = chosen.map((i) => unitVector(thumbnail(values, i, shape)));
  const pairs: NearDuplicate[] = [];
  let effort = 0;
  for (const [a, i] of chosen.entries()) {
    let whole: Float32Array | undefined;
    for (let b = a + 1; b < chosen.length; b++) {
      const j = chosen[b];
      if (classes[i] === classes[j] || dot(thumbnails[a], thumbnails[b]) < thumbnailsAlike) continue;
      effort += size;
      if (effort > mostEffort) return { pairs: closest(pairs), compared: a };
      whole ??= image(i);
      const correlation = dot(whole, image(j));
      if (correlation >= alike) pairs.push({ images: [i, j], classes: [classes[i], classes[j]], correlation });
      // Chosen: a set of nothing but copies needs no complete list of them.
      if (pairs.length >= 10_000) return { pairs: closest(pairs), compared: chosen.length };
    }
  }
  return { pairs: closest(pairs), compared: chosen.length };
}

function closest(pairs: NearDuplicate[]): NearDuplicate[] {
  return pairs.sort((a, b) => b.correlation - a.correlation).slice(0, 100);
}

/** Means over an 8 × 8 grid of blocks, per channel. */
function thumbnail(values: Float32Array | Uint8Array, image: number, [, c, h, w]: ImageShape): Float32Array {
  const [rows, columns] = [Math.min(thumbnailSide, h), Math.min(thumbnailSide, w)];
  const out = new Float32Array(c * rows * columns);
  for (let k = 0; k < c; k++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const block = (k * rows + Math.floor((y * rows) / h)) * columns + Math.floor((x * columns) / w);
        out[block] += values[((image * c + k) * h + y) * w + x];
      }
  const area = (h / rows) * (w / columns);
  return out.map((sum) => sum / area);
}

/** Take the mean away and scale to length 1; constant and broken images become zero, which resembles nothing. */
function unitVector(values: Float32Array): Float32Array {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const centred = values.map((x) => x - mean);
  const length = Math.sqrt(dot(centred, centred));
  return length > 1e-9 && Number.isFinite(length) ? centred.map((x) => x / length) : new Float32Array(values.length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
