import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { UsageError } from "../core/errors.ts";
import type { ImageShape } from "./LabelledSet.ts";
import type { ZcaWhitening } from "./Normalisation.ts";

/** What is added to every variance; the value that the field's whitened sets were made with (arXiv 2203.11932). */
const EPS = 0.1;

/**
 * Fit ZCA whitening to images: x ↦ (x − mean) (C + ε I)^(−1/2), C = Σ (x − mean)ᵀ(x − mean) / (M − 1), ε = 0.1.
 *
 * A set has fewer images M than numbers D a picture, so C has rank below M: with the eigenvectors V and eigenvalues λ of the
 * M×M matrix of inner products and u_k = Σ_j V_jk (x_j − mean) / √((M − 1) λ_k), the matrix is ε^(−1/2) I + Σ_k ((λ_k + ε)^(−1/2) − ε^(−1/2)) u_kᵀu_k.
 *
 * @param pixels M·C·H·W numbers in pixel units
 * @throws UsageError for fewer than two images or more than 2048, where the decomposition would take minutes.
 */
export function fitZca(pixels: Float32Array, [m, c, h, w]: ImageShape): ZcaWhitening {
  if (m < 2 || m > 2048) throw new UsageError(`zca: invalid set: expected 2 to 2048 images to fit, got ${m}`);
  const d = c * h * w;
  const mean = new Float32Array(d);
  for (let j = 0; j < d; j++) {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += pixels[i * d + j];
    mean[j] = sum / m;
  }
  const centred = Float64Array.from(pixels, (x, i) => x - mean[i % d]);
  const row = (i: number) => centred.subarray(i * d, (i + 1) * d);
  const gram = new Matrix(m, m);
  for (let i = 0; i < m; i++)
    for (let k = 0; k <= i; k++) {
      const [a, b] = [row(i), row(k)];
      let sum = 0;
      for (let j = 0; j < d; j++) sum += a[j] * b[j];
      gram.set(i, k, sum / (m - 1));
      gram.set(k, i, sum / (m - 1));
    }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const largest = Math.max(...realEigenvalues);
  const directions = realEigenvalues.flatMap((lambda, k) => {
    // The mean takes one direction away; its eigenvalue is rounding noise.
    if (lambda <= 1e-12 * largest) return [];
    const u = new Float64Array(d);
    for (let i = 0; i < m; i++) {
      const weight = eigenvectorMatrix.get(i, k) / Math.sqrt((m - 1) * lambda);
      const x = row(i);
      for (let j = 0; j < d; j++) u[j] += weight * x[j];
    }
    return [{ lambda, u }];
  });
  return { mean, matrix: power(directions, d, -0.5), inverse: power(directions, d, 0.5) };
}

/** (C + ε I)^p for C = Σ λ uᵀu. [D, D]. */
function power(directions: readonly { lambda: number; u: Float64Array }[], d: number, p: number) {
  const rest = EPS ** p;
  const out = new Float32Array(d * d);
  const line = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    line.fill(0);
    line[i] = rest;
    for (const { lambda, u } of directions) {
      const by = ((lambda + EPS) ** p - rest) * u[i];
      for (let j = 0; j < d; j++) line[j] += by * u[j];
    }
    out.set(line, i * d);
  }
  return out;
}
