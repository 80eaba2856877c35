import { zlibSync } from "fflate";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { crc32 } from "../../src/formats/zip/crc32.ts";
import { cat, u16, u32 } from "./hostile/bytes.ts";

/** A big-endian 32-bit number. */
export const big = (value: number) => u32(value).reverse();

export function pngChunk(type: string, data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const body = cat(type, data);
  return cat(big(data.length), body, big(crc32(body)));
}

export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  /** 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha. */
  readonly colour?: number;
  readonly interlace?: number;
  /** Filtered rows before compression. */
  readonly raw: Uint8Array;
  readonly before?: readonly Uint8Array[];
  readonly after?: Uint8Array;
}

/** A PNG of any header and content, checksums right. */
export function png({
  width,
  height,
  depth = 8,
  colour = 0,
  interlace = 0,
  raw,
  before = [],
  after = cat(),
}: PngParts) {
  return cat(
    [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
    pngChunk("IHDR", cat(big(width), big(height), depth, colour, 0, 0, interlace)),
    ...before,
    pngChunk("IDAT", zlibSync(raw)),
    pngChunk("IEND", []),
    after,
  );
}

/** A grey PNG of one value. */
export function greyPng(side: number, value: number): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(side * (side + 1)).fill(value);
  for (let y = 0; y < side; y++) raw[y * (side + 1)] = 0;
  return png({ width: side, height: side, raw });
}

/** A colour PPM of one colour. */
export function ppm(side: number, colour: readonly [number, number, number]): Uint8Array<ArrayBuffer> {
  return cat(`P6\n${side} ${side}\n255\n`, ...Array.from({ length: side * side }, () => colour));
}

/** IDX images of `values` (N·H·W) and of labels. */
export function idxImages(n: number, h: number, w: number, values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  return cat(0, 0, 8, 3, big(n), big(h), big(w), values);
}

export function idxLabels(labels: readonly number[]): Uint8Array<ArrayBuffer> {
  return cat(0, 0, 8, 1, big(labels.length), labels);
}

/** An element of a MAT-file: tag, data, padding. */
export function matElement(type: number, data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  return cat(u32(type), u32(data.length), data, new Uint8Array(-data.length & 7));
}

/** A MAT-file array of class `code` (9: uint8) whose values are of element type `type` (2: uint8). */
export function matArray(name: string, shape: readonly number[], data: ArrayLike<number>, code = 9, type = 2) {
  return matElement(
    14,
    cat(
      matElement(6, cat(u32(code), u32(0))),
      matElement(5, cat(...shape.map(u32))),
      matElement(1, cat(name)),
      matElement(type, data),
    ),
  );
}

export const matHeader = cat("MATLAB 5.0 MAT-file", new Uint8Array(97).fill(32), new Uint8Array(8), u16(0x0100), "IM");

/** A compressed element. */
export function matPacked(element: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = zlibSync(element);
  return cat(u32(15), u32(packed.length), packed);
}

/** A set whose pixels are exact 8-bit values: 6 images of 3 classes. */
export function eightBitSet(overrides: Partial<DistilledSet> = {}): DistilledSet {
  return {
    kind: "distilled",
    name: "six",
    images: Float32Array.from({ length: 6 * 3 * 8 * 8 }, (_, i) => ((i * 53 + (i >> 3)) % 256) / 255),
    shape: [6, 3, 8, 8],
    labels: { kind: "hard", classes: Int32Array.of(0, 0, 1, 1, 2, 2) },
    classes: 3,
    normalisation: { kind: "unit" },
    metadata: {},
    ...overrides,
  };
}
