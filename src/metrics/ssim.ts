import { UsageError } from "../core/errors.ts";

/** N C H W. */
type Shape = readonly [n: number, c: number, h: number, w: number];

/** K₁ = 0.01, K₂ = 0.03 and L = 1, Wang et al. 2004, §III-B. */
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/**
 * Measure structural similarity, image by image.
 *
 * SSIM = (2µₓµᵧ + c₁)(2σₓᵧ + c₂) / ((µₓ² + µᵧ² + c₁)(σₓ² + σᵧ² + c₂)), with a Gaussian window of 11×11 and σ = 1.5
 * (weights sum to 1), population moments, over the positions where the window lies inside the image; mean over the
 * positions, then over the channels.
 *
 * @param a, b N·C·H·W pixels, nominally in [0, 1] (L = 1); values outside are taken as they are.
 * @returns N values, 1 = equal.
 * Source: Wang et al. 2004, eq. 13.
 * Differs: images smaller than 11 get the largest odd window that fits.
 */
export function ssim(a: Float32Array, b: Float32Array, shape: Shape): Float64Array {
  const [n, c, h, w] = shape;
  for (const x of [a, b])
    if (x.length !== n * c * h * w)
      throw new UsageError(`ssim: invalid images: expected ${n * c * h * w} numbers, got ${x.length}`);
  const window = gaussian(Math.min(11, h - 1 + (h % 2), w - 1 + (w % 2)), 1.5);
  const plane = h * w;
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < c; j++) {
      const start = (i * c + j) * plane;
      sum += planeSsim(a.subarray(start, start + plane), b.subarray(start, start + plane), h, w, window);
    }
    return sum / c;
  });
}

function planeSsim(x: Float32Array, y: Float32Array, h: number, w: number, window: Float64Array): number {
  const mean = (values: ArrayLike<number>) => blur(values, h, w, window);
  const [mx, my] = [mean(x), mean(y)];
  const [xx, yy, xy] = [mean(product(x, x)), mean(product(y, y)), mean(product(x, y))];
  let sum = 0;
  for (let i = 0; i < mx.length; i++) {
    const luminance = (2 * mx[i] * my[i] + c1) / (mx[i] ** 2 + my[i] ** 2 + c1);
    const structure = (2 * (xy[i] - mx[i] * my[i]) + c2) / (xx[i] - mx[i] ** 2 + (yy[i] - my[i] ** 2) + c2);
    sum += luminance * structure;
  }
  return sum / mx.length;
}

/** Entry by entry, in double precision. */
function product(x: Float32Array, y: Float32Array): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = x[i] * y[i];
  return out;
}

/** Weighted mean around every position where the window fits: (h − k + 1)·(w − k + 1) values. */
function blur(x: ArrayLike<number>, h: number, w: number, window: Float64Array): Float64Array {
  const k = window.length;
  const outW = w - k + 1;
  const rows = new Float64Array(h * outW);
  for (let r = 0; r < h; r++)
    for (let q = 0; q < outW; q++) for (let i = 0; i < k; i++) rows[r * outW + q] += window[i] * x[r * w + q + i];
  const out = new Float64Array((h - k + 1) * outW);
  for (let r = 0; r <= h - k; r++)
    for (let q = 0; q < outW; q++)
      for (let i = 0; i < k; i++) out[r * outW + q] += window[i] * rows[(r + i) * outW + q];
  return out;
}

function gaussian(size: number, sigma: number): Float64Array {
  const weights = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
