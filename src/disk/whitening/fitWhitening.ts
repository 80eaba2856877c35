import { NumericError, UsageError } from "../../core/errors.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { ZcaWhitening } from "../../data/Normalisation.ts";
import { type Device, defaultDevice } from "../../engine/device.ts";
import type { Floats } from "../../nn/Network.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import { squareRootSteps, squareRoots } from "./squareRoots.ts";
import { symmetricProduct } from "./symmetricProduct.ts";

export interface FitOptions {
  /** What is added to every variance, in squared pixel units. */
  readonly epsilon: number;
  readonly device?: Device;
  readonly signal?: AbortSignal;
  /** `done` of `total` products of large matrices. */
  readonly onProgress?: (done: number, total: number) => void;
}

// Chosen: 1 000 images are a product that keeps the processor busy and sums few enough terms in float32.
const CHUNK = 1000;
// Chosen: three channels of 37 × 37; beyond it the matrices take gigabytes and the fit hours.
const MOST_FEATURES = 4107;

/**
 * Fit ZCA whitening to a raw training set as the field's programs do (kornia's `ZCAWhitening`, used by arXiv 2203.11932): pixels in
 * [0, 1], nothing taken off before, x ↦ (x − μ) (C + ε I)^(−1/2) with μ the mean image and C = Σ (x − μ)ᵀ(x − μ) / (N − 1).
 *
 * Differs: no singular value decomposition. C is summed over chunks of images, and matrix and inverse come together from an
 * iteration that needs nothing but matrix products (squareRoots.ts).
 *
 * @returns mean [D], matrix and inverse [D, D] with D = C·H·W
 * @throws UsageError for fewer than two images or more than 4107 features; NumericError where the iteration does not settle.
 */
export async function fitWhitening(set: LabelledSet, options: FitOptions): Promise<ZcaWhitening> {
  const [n, c, h, w] = set.shape;
  const d = c * h * w;
  if (n < 2) throw new UsageError(`whitening: invalid set: expected at least 2 images to fit, got ${n}`);
  if (d > MOST_FEATURES)
    throw new UsageError(`whitening: invalid images: expected at most ${MOST_FEATURES} numbers a picture, got ${d}`);
  const { epsilon, device = defaultDevice, signal, onProgress } = options;
  const mean = meanImage(set, d);
  const chunks = Math.ceil(n / CHUNK);
  const advance = (done: number, total: number) => {
    signal?.throwIfAborted();
    onProgress?.(done, total);
  };
  // How many steps the square root takes depends on C; photographs of 32 × 32 take 7.
  const a = await covariance(set, mean, device, (chunk) => advance(chunk, chunks + 3 * 7));
  for (let i = 0; i < d; i++) a[i * d + i] += epsilon;
  const steps = squareRootSteps(a, d, epsilon);
  const { root, inverseRoot } = await squareRoots(a, d, steps, device, (step) =>
    advance(chunks + 3 * step, chunks + 3 * steps.length),
  ).catch((error: unknown) => {
    if (error instanceof NumericError) throw new NumericError(`whitening of ${set.name}: ${error.message}`);
    throw error;
  });
  return { mean, matrix: inverseRoot, inverse: root };
}

/** Sums of bytes are exact. */
function meanImage({ pixels, shape: [n] }: LabelledSet, d: number): Floats {
  const sums = new Float64Array(d);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < d; j++, at++) sums[j] += pixels[at];
  return Float32Array.from(sums, (sum) => sum / n / 255);
}

/** C = Σ (x − μ)ᵀ(x − μ) / (N − 1), [D, D]: products of chunks in float32, their sum in float64. */
async function covariance(
  { pixels, shape: [n] }: LabelledSet,
  mean: Floats,
  device: Device,
  onChunk: (done: number) => void,
): Promise<Float64Array> {
  const d = mean.length;
  const rows = Math.min(CHUNK, n);
  const product = (x: Tensor) => symmetricProduct(transpose(x, [1, 0]), x, d, rows);
  const gram = (await compile(product, [f32(rows, d)], device)) as Compiled<[Floats], Floats>;
  try {
    const sum = new Float64Array(d * d);
    const x = new Float32Array(rows * d);
    for (let from = 0, chunk = 1; from < n; from += rows, chunk++) {
      const some = Math.min(rows, n - from);
      // Rows of zeros beyond the last image add nothing.
      x.fill(0, some * d);
      for (let i = 0, at = 0; i < some; i++)
        for (let j = 0; j < d; j++, at++) x[at] = pixels[from * d + at] / 255 - mean[j];
      const part = await gram(x);
      for (let i = 0; i < sum.length; i++) sum[i] += part[i];
      onChunk(chunk);
    }
    for (let i = 0; i < sum.length; i++) sum[i] /= n - 1;
    return sum;
  } finally {
    await gram.close();
  }
}
