import type { LabelledSet } from "./LabelledSet.ts";

/** Bits behind the point of a weight: 8-bit pixels and their sums stay within 32 bits. */
const BITS = 22;

/**
 * Bring one plane of bytes to a square: its shorter side becomes `side`, bilinearly and antialiased as Pillow does it bit for bit, and the
 * middle of the longer one is kept, as torchvision's `Resize` and `CenterCrop` do.
 *
 * @param plane h·w bytes, row by row.
 * @returns side·side bytes.
 * @example
 * const small = centreSquare(plane, 300, 400, 64);
 */
export function centreSquare(plane: Uint8Array, h: number, w: number, side: number): Uint8Array<ArrayBuffer> {
  const scaled = (own: number, other: number) => (own <= other ? side : Math.floor((side * own) / other));
  const [height, width] = [scaled(h, w), scaled(w, h)];
  const [top, left] = [halfEven((height - side) / 2), halfEven((width - side) / 2)];
  const rows = w === width ? plane : alongRows(plane, w, weightsOf(w, width));
  const full = h === height ? rows : transposed(alongRows(transposed(rows, width), h, weightsOf(h, height)), height);
  const out = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const start = (top + y) * width + left;
    out.set(full.subarray(start, start + side), y * side);
  }
  return out;
}

/**
 * A raw set with square images of another size; the same set where it has that size.
 *
 * @example
 * const small = resized(await openRaw("cifar-10"), 16);
 */
export function resized(set: LabelledSet, side: number): LabelledSet {
  const [n, c, h, w] = set.shape;
  if (h === side && w === side) return set;
  const pixels = new Uint8Array(n * c * side * side);
  for (let i = 0; i < n * c; i++)
    pixels.set(centreSquare(set.pixels.subarray(i * h * w, (i + 1) * h * w), h, w, side), i * side * side);
  return { ...set, pixels, shape: [n, c, side, side] };
}

interface Weights {
  readonly from: Int32Array;
  /** A row of fixed-point weights for each new pixel. */
  readonly values: readonly Int32Array[];
}

/** Triangle filter, widened where the picture shrinks (Pillow, `Resample.c`, precompute_coeffs). */
function weightsOf(size: number, wanted: number): Weights {
  const scale = size / wanted;
  const support = Math.max(scale, 1);
  const from = new Int32Array(wanted);
  const values = Array.from({ length: wanted }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(size, Math.trunc(centre + support + 0.5));
    from[i] = first;
    const row = Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((k + first - centre + 0.5) * (1 / support))),
    );
    const sum = row.reduce((a, b) => a + b, 0);
    return Int32Array.from(row, (value) => Math.trunc((value / sum) * 2 ** BITS + 0.5));
  });
  return { from, values };
}

/** Each row of `w` bytes to as many as there are weights. */
function alongRows(plane: Uint8Array, w: number, { from, values }: Weights): Uint8Array {
  const wanted = values.length;
  const out = new Uint8Array((plane.length / w) * wanted);
  for (let start = 0, to = 0; start < plane.length; start += w)
    for (let i = 0; i < wanted; i++, to++) {
      const row = values[i];
      let sum = 2 ** (BITS - 1);
      for (let k = 0, at = start + from[i]; k < row.length; k++, at++) sum += plane[at] * row[k];
      out[to] = Math.min(255, sum >> BITS);
    }
  return out;
}

function transposed(plane: Uint8Array, w: number): Uint8Array {
  const h = plane.length / w;
  const out = new Uint8Array(plane.length);
  for (let y = 0, at = 0; y < h; y++) for (let x = 0; x < w; x++, at++) out[x * h + y] = plane[at];
  return out;
}

/** Python's `round`. */
function halfEven(x: number): number {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2) : Math.round(x);
}
