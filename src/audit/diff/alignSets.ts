import { sha256Hex } from "../../core/hash.ts";
import { type Comparable, imageOf, imageSize } from "./comparable.ts";

/** Image `a` of the first set is image `b` of the second. */
export interface Pair {
  readonly a: number;
  readonly b: number;
}

export interface Alignment {
  readonly pairs: readonly Pair[];
  /** Images of the first set without a partner. */
  readonly removed: readonly number[];
  /** Images of the second set without a partner. */
  readonly added: readonly number[];
  /** Pairs whose images stand in another order than before, insertions and deletions aside. */
  readonly reordered: number;
}

/** Chosen: unrelated images of one class correlate below this; an image and its attacked copy above. */
const related = 0.5;
/** Chosen: a copy at its own place is taken without looking further from here on. */
const surely = 0.95;
/** Chosen: between two that are about as similar, the one at the same place wins. */
const placeBonus = 0.03;
/** Chosen: more unmatched images than this are not searched for partners, since the search is quadratic. */
const searched = 3000;

/**
 * Find out which image of one set is which image of the other.
 *
 * In this order: equal values at the same place, equal values elsewhere, nearly equal ones at the same place, the most
 * similar of what is left. Similar means correlated, which no normalisation changes.
 */
export function alignSets(first: Comparable, second: Comparable): Alignment {
  const partner = new Int32Array(first.shape[0]).fill(-1);
  const taken = new Uint8Array(second.shape[0]);
  const join = (a: number, b: number) => {
    partner[a] = b;
    taken[b] = 1;
  };
  joinEqual(first, second, partner, taken, join);
  const signature = [describe(first), describe(second)] as const;
  const joinPlaces = (least: number) => {
    for (let i = 0; i < Math.min(partner.length, taken.length); i++)
      if (partner[i] < 0 && !taken[i] && dot(signature[0][i], signature[1][i]) >= least) join(i, i);
  };
  joinPlaces(surely);
  joinNearest(signature, partner, taken, join);
  joinPlaces(related);
  const pairs = [...partner].flatMap((b, a) => (b < 0 ? [] : [{ a, b }]));
  return {
    pairs,
    removed: [...partner].flatMap((b, a) => (b < 0 ? [a] : [])),
    added: [...taken].flatMap((used, b) => (used ? [] : [b])),
    reordered: pairs.length - longestRise(pairs.map((pair) => pair.b)),
  };
}

type Join = (a: number, b: number) => void;

function joinEqual(first: Comparable, second: Comparable, partner: Int32Array, taken: Uint8Array, join: Join): void {
  const digest = (set: Comparable, i: number) => {
    const image = imageOf(set, i);
    return sha256Hex(new Uint8Array(image.buffer, image.byteOffset, image.byteLength));
  };
  const here = Array.from(partner, (_, i) => digest(first, i));
  const there = Array.from(taken, (_, i) => digest(second, i));
  for (let i = 0; i < Math.min(here.length, there.length); i++) if (here[i] === there[i]) join(i, i);
  const places = new Map<string, number[]>();
  for (const [b, hash] of there.entries()) if (!taken[b]) places.set(hash, [...(places.get(hash) ?? []), b]);
  for (const [a, hash] of here.entries()) {
    const b = partner[a] < 0 ? places.get(hash)?.shift() : undefined;
    if (b !== undefined) join(a, b);
  }
}

/** Pair what is left, the most similar first. */
function joinNearest(
  signature: readonly [readonly Float32Array[], readonly Float32Array[]],
  partner: Int32Array,
  taken: Uint8Array,
  join: Join,
): void {
  const left = [...partner].flatMap((b, a) => (b < 0 ? [a] : []));
  const right = [...taken].flatMap((used, b) => (used ? [] : [b]));
  if (left.length === 0 || right.length === 0 || left.length > searched || right.length > searched) return;
  const candidates: { a: number; b: number; similarity: number }[] = [];
  for (const a of left)
    for (const b of right) {
      const similarity = dot(signature[0][a], signature[1][b]);
      if (similarity >= related) candidates.push({ a, b, similarity: similarity + (a === b ? placeBonus : 0) });
    }
  candidates.sort((x, y) => y.similarity - x.similarity || x.a - y.a || x.b - y.b);
  for (const { a, b } of candidates) if (partner[a] < 0 && !taken[b]) join(a, b);
}

/** Each image with every channel centred, then the whole scaled to length 1: products are correlations. */
function describe(set: Comparable): Float32Array[] {
  const [m, c, h, w] = set.shape;
  const plane = h * w;
  return Array.from({ length: m }, (_, i) => {
    const image = Float32Array.from(imageOf(set, i));
    for (let channel = 0; channel < c; channel++) {
      const part = image.subarray(channel * plane, (channel + 1) * plane);
      const mean = part.reduce((sum, x) => sum + x, 0) / plane;
      const deviation = Math.sqrt(part.reduce((sum, x) => sum + (x - mean) ** 2, 0) / plane) || 1;
      for (let j = 0; j < plane; j++) part[j] = (part[j] - mean) / deviation;
    }
    const length = Math.sqrt(image.reduce((sum, x) => sum + x * x, 0)) || 1;
    return image.map((x) => x / length);
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Length of the longest increasing subsequence: the images that kept their order. */
function longestRise(values: readonly number[]): number {
  const tails: number[] = [];
  for (const value of values) {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tails[middle] < value) low = middle + 1;
      else high = middle;
    }
    tails[low] = value;
  }
  return tails.length;
}

/** True if the images of two sets can be laid on each other. */
export function sameImageShape(first: Comparable, second: Comparable): boolean {
  return imageSize(first) === imageSize(second) && [1, 2, 3].every((i) => first.shape[i] === second.shape[i]);
}
