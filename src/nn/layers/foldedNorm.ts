import { type ConvOptions, conv2d } from "../../tensor/conv.ts";
import { add, constant, matmul, mean, mul, reciprocal, reshape, sqrt, sub, sum, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Affine } from "./affine.ts";
import { EPS } from "./norms.ts";

/** Numbers under a kernel up to which a norm folds into its convolution: 3 × 3 × 3 colours. */
const LARGEST_PATCH = 32;

/** True where the covariance of an image's patches costs less than passes over what the kernels make of them. */
export function folds(weight: Tensor, { groups = 1 }: ConvOptions = {}): boolean {
  const [h, w, channels, out] = weight.shape;
  const patch = h * w * channels;
  return groups === 1 && patch <= LARGEST_PATCH && out >= 2 * (patch + 1);
}

/**
 * instanceNorm(conv2d(x, weight)) where few numbers lie under a kernel. Of an image's centred patches u, with covariance
 * C = ⟨u uᵀ⟩, the map wᵀu has variance wᵀCw, so that
 *
 *   (γ / √(wᵀCw + ε)) wᵀu + β
 *
 * is again one linear map of the patches, with a kernel for each image: neither the statistics nor their derivatives take a
 * pass over the wide maps. Patches are taken in a cosine basis, in which those of pictures are nearly uncorrelated: wᵀCw then
 * loses no digits for kernels that see fine detail only.
 */
export function foldedConvNorm(weight: Tensor, p: Affine<Tensor>, x: Tensor, options?: ConvOptions): Tensor {
  const [h, w, channels, out] = weight.shape;
  const size = h * w * channels;
  // One more kernel, of zeros: its place becomes the constant 1 that carries the shift.
  const basis = cosineBasis([h, w, channels]);
  const seen = conv2d(x, constant(basis.kernels, [h, w, channels, size + 1]), options);
  const [n, , rows, columns] = seen.shape;
  const coordinates = reshape(seen, [n, size + 1, rows * columns]);
  const last = constant(
    Float32Array.from({ length: size + 1 }, (_, i) => (i === size ? 1 : 0)),
    [size + 1, 1],
  );
  const u = sub(coordinates, sub(mean(coordinates, [2], true), last)); // [N, K, P]
  const uT = transpose(u, [0, 2, 1]);
  const kernels = matmul(constant(basis.matrix, [size + 1, size]), reshape(weight, [size, out])); // [K, O]
  const covariance = mul(matmul(u, uT), 1 / (rows * columns)); // [N, K, K]
  const variance = sum(mul(kernels, matmul(covariance, kernels)), [1], true); // [N, 1, O]
  const scale = mul(reciprocal(sqrt(add(variance, EPS))), p.weight);
  const folded = add(mul(kernels, scale), mul(last, p.bias)); // [N, K, O]
  return reshape(transpose(matmul(uT, folded), [0, 2, 1]), [n, out, rows, columns]);
}

/** Products of cosines over rows, columns and channels, orthonormal; as kernels [h, w, c, K] and as a matrix [K, h·w·c]. */
function cosineBasis(sides: readonly number[]): { kernels: Float32Array; matrix: Float32Array } {
  const size = sides.reduce((a, b) => a * b, 1);
  const matrix = new Float32Array((size + 1) * size);
  const kernels = new Float32Array(size * (size + 1));
  const digits = (flat: number) => {
    let rest = flat;
    return [...sides].reverse().map((side) => {
      const digit = rest % side;
      rest = Math.floor(rest / side);
      return { side, digit };
    });
  };
  for (let k = 0; k < size; k++)
    for (let i = 0; i < size; i++) {
      const [frequencies, places] = [digits(k), digits(i)];
      const value = frequencies.reduce((product, { side, digit }, d) => {
        const norm = Math.sqrt((digit === 0 ? 1 : 2) / side);
        return product * norm * Math.cos((Math.PI * (2 * places[d].digit + 1) * digit) / (2 * side));
      }, 1);
      matrix[k * size + i] = value;
      kernels[i * (size + 1) + k] = value;
    }
  return { kernels, matrix };
}
