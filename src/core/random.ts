import { sha256 } from "@noble/hashes/sha2.js";

/**
 * Explicit, splittable randomness: a key is a value, every draw is a pure function of its key.
 *
 * Same key, same bytes. There is no global generator and no clock.
 */
export interface Key {
  /** 32 hexadecimal digits: the 128-bit state that draws start from. */
  readonly hex: string;
}

const encoder = new TextEncoder();

function digest(text: string): string {
  let hex = "";
  for (const byte of sha256(encoder.encode(text)).subarray(0, 16)) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/**
 * Make the root key of a run from its seed.
 *
 * @example
 * const root = key(7);
 */
export function key(seed: number | string): Key {
  return { hex: digest(`retort:${seed}`) };
}

/**
 * Derive an independent key: `child(k, "init", 3)`. Different names give unrelated streams.
 *
 * @example
 * const order = permutation(child(key(7), "order", epoch), 100);
 */
export function child(parent: Key, ...names: readonly (string | number)[]): Key {
  return { hex: digest(`${parent.hex}/${names.join("/")}`) };
}

/** xoshiro128** 1.1 (Blackman and Vigna 2018): the stream of 32-bit words of a key. */
export class Stream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private spare: number | undefined;

  constructor(source: Key) {
    const word = (i: number) => Number.parseInt(source.hex.slice(8 * i, 8 * i + 8), 16) | 0;
    this.a = word(0);
    this.b = word(1);
    this.c = word(2);
    this.d = word(3) | 1; // never the all-zero state
  }

  /** A uniform integer in [0, 2³²). */
  word(): number {
    const s = Math.imul(this.b, 5);
    const result = Math.imul((s << 7) | (s >>> 25), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** A uniform number in [low, high), 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.word() / 4294967296);
  }

  /** A uniform integer in [0, below), without modulo bias. */
  integer(below: number): number {
    const limit = 4294967296 - (4294967296 % below);
    for (;;) {
      const w = this.word();
      if (w < limit) return w % below;
    }
  }

  /** A standard normal number (Box and Muller 1958). */
  normal(): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log((this.word() + 1) / 4294967296));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** A number of the gamma distribution with a shape above 0 and scale 1 (Marsaglia and Tsang 2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** A number of the symmetric distribution Beta(α, α), in [0, 1]. */
  beta(alpha: number): number {
    const [a, b] = [this.gamma(alpha), this.gamma(alpha)];
    return a / (a + b);
  }
}

/**
 * Draw `n` uniform numbers in [low, high).
 *
 * @example
 * const noise = uniform(key("noise"), 3 * 32 * 32, -0.1, 0.1);
 */
export function uniform(source: Key, n: number, low = 0, high = 1): Float32Array<ArrayBuffer> {
  const stream = new Stream(source);
  return Float32Array.from({ length: n }, () => stream.uniform(low, high));
}

/**
 * Draw `n` normal numbers.
 *
 * @example
 * const start = normal(child(key(7), "start"), 10 * 3 * 32 * 32);
 */
export function normal(source: Key, n: number, mean = 0, std = 1): Float32Array<ArrayBuffer> {
  const stream = new Stream(source);
  return Float32Array.from({ length: n }, () => mean + std * stream.normal());
}

/**
 * Draw a uniform permutation of 0 … n−1 (Fisher and Yates).
 *
 * @example
 * const order = permutation(key("order"), set.shape[0]);
 */
export function permutation(source: Key, n: number): Int32Array<ArrayBuffer> {
  const stream = new Stream(source);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    const t = order[i];
    order[i] = order[j];
    order[j] = t;
  }
  return order;
}
