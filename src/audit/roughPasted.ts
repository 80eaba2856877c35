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
  /** Sum over rows from y to before y2, columns from x to before x2. */
  const over = (table: Float64Array, k: number, y: number, x: number, y2: number, x2: number) => {
    const base = k * plane;
    return (
      table[base + y2 * row + x2] - table[base + y * row + x2] - table[base + y2 * row + x] + table[base + y * row + x]
    );
  };
  /** Step along each side, inside less outside, and of all sides: one channel after the other. */
  const steps = new Float64Array(4 * c);
  const mean = new Float64Array(c);
  return ({ top, left, side }) => {
    const [below, right] = [top + side, left + side];
    mean.fill(0);
    let sides = 0;
    const add = (k: number, nth: number, inside: number, outside: number) => {
      steps[nth * c + k] = (inside - outside) / side;
      mean[k] += steps[nth * c + k];
    };
    let variance = 0;
    for (let k = 0; k < c; k++) {
      sides = 0;
      if (top > 0) add(k, sides++, over(sums, k, top, left, top + 1, right), over(sums, k, top - 1, left, top, right));
      if (below < h)
        add(k, sides++, over(sums, k, below - 1, left, below, right), over(sums, k, below, left, below + 1, right));
      if (left > 0)
        add(k, sides++, over(sums, k, top, left, below, left + 1), over(sums, k, top, left - 1, below, left));
      if (right < w)
        add(k, sides++, over(sums, k, top, right - 1, below, right), over(sums, k, top, right, below, right + 1));
      const average = over(sums, k, top, left, below, right) / side ** 2;
      variance += Math.max(0, over(squares, k, top, left, below, right) / side ** 2 - average ** 2) / c;
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
    return Math.max(0, least) / Math.sqrt(length) / (Math.sqrt(variance) + FLAT);
  };
}
