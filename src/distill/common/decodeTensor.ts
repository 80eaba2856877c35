import { samples } from "../../data/decodeIdc.ts";
import { constant, matmul, reshape, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";

/** `decodeImages` inside a program, differentiably: [N, C, S, S] → [f²·N, C, S, S]. */
export function decodeTensor(x: Tensor, factor: number): Tensor {
  if (factor === 1) return x;
  const [n, c, side] = x.shape;
  const tile = side / factor;
  const parts = transpose(reshape(x, [n, c, factor, tile, factor, tile]), [0, 2, 4, 1, 3, 5]);
  const planes = n * factor ** 2 * c;
  const enlarge = constant(enlargement(side, tile), [tile, side]);
  /** [planes, a, tile] → [planes, side, a]: the last axis enlarged, then both exchanged. */
  const stretched = (y: Tensor, a: number) =>
    transpose(reshape(matmul(reshape(y, [planes * a, tile]), enlarge), [planes, a, side]), [0, 2, 1]);
  return reshape(stretched(stretched(parts, tile), side), [n * factor ** 2, c, side, side]);
}

/** Bilinear enlargement of a row: [tile, side]. */
function enlargement(side: number, tile: number): Float32Array {
  const out = new Float32Array(tile * side);
  samples(side, tile).forEach(({ low, high, part }, i) => {
    out[low * side + i] += 1 - part;
    out[high * side + i] += part;
  });
  return out;
}
