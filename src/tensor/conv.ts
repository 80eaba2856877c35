import { lax } from "@jax-js/jax";
import { UsageError } from "../core/errors.ts";
import { concat, max, mean, pad, reshape, slice, sum, transpose } from "./ops.ts";
import { type Tensor, take, wrap } from "./Tensor.ts";

/** One number for both directions, or height and width. */
export type Both = number | readonly [h: number, w: number];

export interface ConvOptions {
  readonly stride?: Both;
  /** Zeros on every side. */
  readonly padding?: Both;
  readonly dilation?: Both;
  readonly groups?: number;
}

/**
 * Cross-correlate images with kernels, as PyTorch's conv2d does.
 *
 * @param x N C H W
 * @param w kernel height, width, C / groups, output channels. Differs: PyTorch stores O I H W; in this order a kernel
 *   is a matrix as it lies in memory, so that no product, gradient or update has to turn it.
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  if (x.shape.length !== 4 || w.shape.length !== 4 || x.shape[1] !== w.shape[2] * groups)
    throw new UsageError(
      `conv2d: invalid shapes: expected x [N, C, H, W] and w [h, w, C/${groups}, O], got [${x.shape}] and [${w.shape}]`,
    );
  const kernel = take(transpose(w, [3, 2, 0, 1]));
  const both = (n: Both): [number, number] => (typeof n === "number" ? [n, n] : [n[0], n[1]]);
  const [up, left] = both(padding);
  const image = take(x);
  return wrap(
    lax.convGeneralDilated(
      image,
      kernel,
      both(stride),
      [
        [up, up],
        [left, left],
      ],
      {
        rhsDilation: both(dilation),
        featureGroupCount: groups,
      },
    ),
  );
}

/** Windows of the last two axes: [N, C, H, W] → [N, C, H′, k, W′, k]; a remainder is dropped, as PyTorch does. */
function tiles(x: Tensor, k: number): Tensor {
  const [n, c, h, w] = x.shape;
  const [rows, cols] = [Math.floor(h / k), Math.floor(w / k)];
  const cropped =
    rows * k === h && cols * k === w
      ? x
      : slice(x, [
          [0, n],
          [0, c],
          [0, rows * k],
          [0, cols * k],
        ]);
  return reshape(cropped, [n, c, rows, k, cols, k]);
}

/** Every k × k window at a stride, as [k·k][N, C, H′, W′]. */
function windows(x: Tensor, k: number, stride: number): Tensor[] {
  const [n, c, h, w] = x.shape;
  const rows = Math.floor((h - k) / stride) + 1;
  const cols = Math.floor((w - k) / stride) + 1;
  return Array.from({ length: k * k }, (_, i) => {
    const [a, b] = [Math.floor(i / k), i % k];
    const until = (from: number, size: number, count: number) => Math.min(size, from + count * stride);
    const part = slice(x, [
      [0, n],
      [0, c],
      [a, until(a, h, rows)],
      [b, until(b, w, cols)],
    ]);
    const short = pad(part, [
      [0, 0],
      [0, 0],
      [0, rows * stride - part.shape[2]],
      [0, cols * stride - part.shape[3]],
    ]);
    const tiled = reshape(short, [n, c, rows, stride, cols, stride]);
    return reshape(
      slice(tiled, [
        [0, n],
        [0, c],
        [0, rows],
        [0, 1],
        [0, cols],
        [0, 1],
      ]),
      [n, c, rows, cols],
    );
  });
}

/** Average of k × k windows. */
export function avgPool2d(x: Tensor, k: number, stride = k): Tensor {
  if (stride === k) return mean(tiles(x, k), [3, 5]);
  return mean(stack(windows(x, k, stride)), [0]);
}

/** Maximum of k × k windows; among equal maxima the gradient is shared. Differs: PyTorch gives it to the first. */
export function maxPool2d(x: Tensor, k: number, stride = k): Tensor {
  if (stride === k) return max(tiles(x, k), [3, 5]);
  return max(stack(windows(x, k, stride)), [0]);
}

/** Sum of k × k windows. */
export const sumPool2d = (x: Tensor, k: number): Tensor => sum(tiles(x, k), [3, 5]);

function stack(xs: readonly Tensor[]): Tensor {
  const parts = xs.map((x) => reshape(x, [1, ...x.shape]));
  return concat(parts, 0);
}
