import type { AuditedSet } from "./AuditedSet.ts";
import type { Square } from "./Square.ts";

/** Least deviation that counts as texture, 1 = black to white: flat is flat. `Chosen.` */
export const FLAT = 0.05;

/**
 * How much a square of one image looks pasted, as `pastedScore` says, but for rounding: sums over rows, columns and squares are
 * differences of tables, so that it costs the same whatever the side is.
 *
 *   Σ over rows < y and columns < x of v, and of v²: [h + 1, w + 1] a channel
 *
 * @param from first number of the image in `pixels`
 */
export function roughScores({ pixels, shape: [, c, h, w] }: AuditedSet, from: number): (square: Square) => number {
  const row = w + 1;
  const plane = (h + 1) * row;
  const [sums, squares] = [new Float64Array(c * plane), new Float64Array(c * plane)];
  for (let k = 0, p = from; k < c; k++)
    for (let y = 0; y < h; y++)
      for (let x = 0, [sum, square] = [0, 0]; x < w; x++, p++) {
        const v = pixels[p];
        sum += v;
        square += v * v;
        const at = k * plane + (y + 1) * row + x + 1;
        sums[at] = sums[at - row] + sum;
        squares[at] = squares[at - row] + square;
      }
  /** Sum over a square of the channel whose table starts there. */
  const over = (table: Float64Array, at: number, y: number, x: number, y2: number, x2: number) =>
    table[at + y2 * row + x2] - table[at + y * row + x2] - table[at + y2 * row + x] + table[at + y * row + x];
  const rowOf = (at: number, y: number, x: number, x2: number) => over(sums, at, y, x, y + 1, x2);
  const columnOf = (at: number, x: number, y: number, y2: number) => over(sums, at, y, x, y2, x + 1);
  /** Step along each side times the side, inside less outside, and of all sides: one channel after the other. */
  const steps = new Float64Array(4 * c);
  const mean = new Float64Array(c);
  return ({ top, left, side }) => {
    const [below, right] = [top + side, left + side];
    mean.fill(0);
    let sides = 0;
    for (let k = 0; k < c; k++) {
      const at = k * plane;
      sides = 0;
      if (top > 0) steps[sides++ * c + k] = rowOf(at, top, left, right) - rowOf(at, top - 1, left, right);
      if (below < h) steps[sides++ * c + k] = rowOf(at, below - 1, left, right) - rowOf(at, below, left, right);
      if (left > 0) steps[sides++ * c + k] = columnOf(at, left, top, below) - columnOf(at, left - 1, top, below);
      if (right < w) steps[sides++ * c + k] = columnOf(at, right - 1, top, below) - columnOf(at, right, top, below);
      for (let nth = 0; nth < sides; nth++) mean[k] += steps[nth * c + k];
    }
    let length = 0;
    for (let k = 0; k < c; k++) length += mean[k] ** 2;
    if (length === 0) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (let nth = 0; nth < sides; nth++) {
      let along = 0;
      for (let k = 0; k < c; k++) along += steps[nth * c + k] * mean[k];
      least = Math.min(least, along);
    }
    if (least <= 0) return 0;
    let variance = 0;
    for (let k = 0; k < c; k++) {
      const average = over(sums, k * plane, top, left, below, right) / side ** 2;
      variance += Math.max(0, over(squares, k * plane, top, left, below, right) / side ** 2 - average ** 2) / c;
    }
    return least / (side * Math.sqrt(length)) / (Math.sqrt(variance) + FLAT);
  };
}
