import { UsageError } from "../../src/core/errors.ts";
import {
  add,
  clip,
  constant,
  floor,
  less,
  lessEqual,
  matmul,
  mul,
  reshape,
  slice,
  sub,
  takeRows,
  toFloat,
  toInt,
  transpose,
} from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";

export interface ResampleOptions {
  /** −1 and 1 are the centres of the outermost pixels instead of the edges of the image. */
  readonly alignCorners?: boolean;
}

/**
 * Read images at points of a grid, bilinear, zeros outside, as PyTorch's grid_sample does.
 *
 * @param x N C H W
 * @param grid N H′ W′ 2: (x, y) of every point of the result, from −1 to 1 over the image
 * @returns N C H′ W′
 */
export function gridSample(x: Tensor, grid: Tensor, { alignCorners = false }: ResampleOptions = {}): Tensor {
  if (x.shape.length !== 4 || grid.shape.length !== 4 || grid.shape[3] !== 2 || grid.shape[0] !== x.shape[0])
    throw new UsageError(
      `gridSample: invalid shapes: expected x [N, C, H, W] and grid [N, H, W, 2], got [${x.shape}] and [${grid.shape}]`,
    );
  const [n, c, h, w] = x.shape;
  const [, rows, cols] = grid.shape;
  const points = n * rows * cols;
  const coordinate = (axis: number, size: number) => {
    const range = [n, rows, cols].map((d): [number, number] => [0, d]);
    const unit = reshape(slice(grid, [...range, [axis, axis + 1]]), [points]);
    return alignCorners ? mul(add(unit, 1), (size - 1) / 2) : sub(mul(add(unit, 1), size / 2), 0.5);
  };
  const [px, py] = [coordinate(0, w), coordinate(1, h)];
  const [x0, y0] = [floor(px), floor(py)];
  const [fx, fy] = [sub(px, x0), sub(py, y0)];
  const image = Float32Array.from({ length: points }, (_, i) => Math.floor(i / (rows * cols)) * h * w);
  const table = reshape(transpose(x, [0, 2, 3, 1]), [n * h * w, c]);

  const corner = (dx: 0 | 1, dy: 0 | 1): Tensor => {
    const [at, up] = [add(x0, dx), add(y0, dy)];
    const within = (v: Tensor, size: number) => mul(toFloat(lessEqual(0, v)), toFloat(less(v, size)));
    const weight = mul(mul(dx ? fx : sub(1, fx), dy ? fy : sub(1, fy)), mul(within(at, w), within(up, h)));
    const row = add(add(mul(clip(up, 0, h - 1), w), clip(at, 0, w - 1)), constant(image, [points]));
    return mul(takeRows(table, toInt(row)), reshape(weight, [points, 1]));
  };
  const sum = add(add(corner(0, 0), corner(1, 0)), add(corner(0, 1), corner(1, 1)));
  return transpose(reshape(sum, [n, rows, cols, c]), [0, 3, 1, 2]);
}

/**
 * The grid that an affine map of the result's coordinates gives: (x, y) = θ · (x′, y′, 1).
 *
 * @param theta N 2 3
 * @param size H′, W′ of the result
 */
export function affineGrid(
  theta: Tensor,
  [rows, cols]: readonly [number, number],
  { alignCorners = false }: ResampleOptions = {},
): Tensor {
  if (theta.shape.length !== 3 || theta.shape[1] !== 2 || theta.shape[2] !== 3)
    throw new UsageError(`affineGrid: invalid shape: expected theta [N, 2, 3], got [${theta.shape}]`);
  const unit = (i: number, size: number) =>
    alignCorners ? (size === 1 ? 0 : (2 * i) / (size - 1) - 1) : (2 * i + 1) / size - 1;
  const points = Array.from({ length: rows * cols }, (_, i) => [
    unit(i % cols, cols),
    unit(Math.floor(i / cols), rows),
    1,
  ]);
  const base = constant(points.flat(), [1, rows * cols, 3]);
  return reshape(matmul(base, transpose(theta, [0, 2, 1])), [theta.shape[0], rows, cols, 2]);
}

/** Resample images by an affine map each: `gridSample` on `affineGrid`. */
export const affineResample = (x: Tensor, theta: Tensor, options: ResampleOptions = {}): Tensor =>
  gridSample(x, affineGrid(theta, [x.shape[2], x.shape[3]], options), options);
