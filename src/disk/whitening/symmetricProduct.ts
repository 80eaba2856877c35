import { concat, matmul, slice, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";

/** Chosen: six take 7/12 of the multiplications; more strips are narrower and gain little. */
const STRIPS = 6;

/**
 * The product X Y, [D, D], of X [D, N] and Y [N, D] where it is known to be symmetric: each strip of rows is multiplied from the diagonal
 * on, and what lies below is mirrored.
 */
export function symmetricProduct(x: Tensor, y: Tensor, d: number, n: number): Tensor {
  const width = Math.ceil(d / STRIPS);
  const strips: { from: number; to: number; product: Tensor }[] = [];
  for (let from = 0; from < d; from += width) {
    const to = Math.min(d, from + width);
    const rows = slice(x, [
      [from, to],
      [0, n],
    ]);
    const columns = slice(y, [
      [0, n],
      [from, d],
    ]);
    strips.push({ from, to, product: matmul(rows, columns) });
  }
  const whole = strips.map(({ from, to, product }, i) => {
    const mirrored = strips.slice(0, i).map((above) => {
      const block = slice(above.product, [
        [0, above.to - above.from],
        [from - above.from, to - above.from],
      ]);
      return transpose(block, [1, 0]);
    });
    return concat([...mirrored, product], 1);
  });
  return concat(whole, 0);
}
