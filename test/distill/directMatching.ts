import type { Floats } from "../../src/nn/Network.ts";
import type { ConvNetOptions } from "../../src/nn/networks/convNet.ts";
import type { Tree } from "../../src/tensor/tree.ts";

// The embedding of a ConvNet in plain loops and double precision, to check the compiled programs against.

interface Block {
  readonly conv: { readonly weight: Floats };
  readonly norm: { readonly weight: Floats; readonly bias: Floats };
}

/** φ(x) of a ConvNet of `width` channels with instance norm, ReLU and average pooling, one image [C, S, S] → [D] in the order H, W, C. */
export function embed(
  weights: Tree<Floats>,
  { width = 128 }: ConvNetOptions,
  image: ArrayLike<number>,
  channels: number,
  size: number,
): number[] {
  let [x, c, s] = [Array.from(image), channels, size];
  for (const block of (weights as unknown as { blocks: readonly Block[] }).blocks) {
    x = convolve(x, c, s, block.conv.weight, width);
    for (let o = 0; o < width; o++) normalise(x, o * s * s, s * s, block.norm.weight[o], block.norm.bias[o]);
    x = pool(
      x.map((v) => Math.max(0, v)),
      width,
      s,
    );
    [c, s] = [width, s / 2];
  }
  // Features are read position by position: H, W, C.
  return x.map((_, i) => x[(i % c) * s * s + Math.floor(i / c)]);
}

/** Kernel stored as [3, 3, in, out]. */
function convolve(x: number[], c: number, s: number, kernel: Floats, width: number): number[] {
  const out = new Array<number>(width * s * s).fill(0);
  for (let o = 0; o < width; o++)
    for (let y = 0; y < s; y++)
      for (let z = 0; z < s; z++)
        for (let i = 0; i < c; i++)
          for (let a = 0; a < 3; a++)
            for (let b = 0; b < 3; b++) {
              const [v, u] = [y + a - 1, z + b - 1];
              if (v < 0 || v >= s || u < 0 || u >= s) continue;
              out[(o * s + y) * s + z] += kernel[((a * 3 + b) * c + i) * width + o] * x[(i * s + v) * s + u];
            }
  return out;
}

function normalise(x: number[], start: number, n: number, scale: number, shift: number): void {
  const part = x.slice(start, start + n);
  const mean = part.reduce((a, b) => a + b) / n;
  const variance = part.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
  for (let i = 0; i < n; i++) x[start + i] = ((part[i] - mean) / Math.sqrt(variance + 1e-5)) * scale + shift;
}

function pool(x: number[], c: number, s: number): number[] {
  const half = s / 2;
  return Array.from({ length: c * half * half }, (_, i) => {
    const [o, y, z] = [Math.floor(i / half ** 2), Math.floor(i / half) % half, i % half];
    const at = (dy: number, dz: number) => x[(o * s + 2 * y + dy) * s + 2 * z + dz];
    return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
  });
}

/** Σ_k ‖mean φ(real_k) − mean φ(synthetic_k)‖² over classes, each a list of images. */
export function matchingLoss(
  phi: (image: ArrayLike<number>) => number[],
  real: readonly ArrayLike<number>[][],
  synthetic: readonly ArrayLike<number>[][],
): number {
  const mean = (images: readonly ArrayLike<number>[]) => {
    const all = images.map(phi);
    return all[0].map((_, d) => all.reduce((sum, f) => sum + f[d], 0) / all.length);
  };
  return real.reduce((sum, images, k) => {
    const [a, b] = [mean(images), mean(synthetic[k])];
    return sum + a.reduce((total, v, d) => total + (v - b[d]) ** 2, 0);
  }, 0);
}
