import { UsageError } from "../core/errors.ts";
import { decodeIdc, samples } from "../data/formats/torch/decodeIdc.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";
import { constant, matmul, reshape, transpose } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

// Multi-formation (arXiv 2205.14959, §4): an image holds f × f smaller ones. Networks see each cut out and enlarged
// bilinearly to the full size. The images that one image holds follow one another, row by row.

/** @throws UsageError if the images cannot be divided into f × f equal parts. */
export function checkFactor(factor: number, side: number, who: string): void {
  if (side % factor === 0) return;
  throw new UsageError(`${who}: invalid factor: expected a divisor of the image side ${side}, got ${factor}`);
}

/** Cut and enlarge inside a program, differentiably: [N, C, S, S] → [f²·N, C, S, S]. */
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

/** The same of plain arrays. */
export function decodeImages(images: Floats, [n, c, h, w]: ImageShape, factor: number): Floats {
  if (factor === 1) return images;
  const size = c * h * w;
  const out = new Float32Array(images.length * factor ** 2);
  for (let i = 0; i < n; i++) {
    const one = decodeIdc(images.subarray(i * size, (i + 1) * size), [1, c, h, w], factor);
    out.set(one.images, i * factor ** 2 * size);
  }
  return out;
}

/**
 * Put f² images into one, each shrunk by the mean of f × f pixels.
 *
 * Differs: the published program drops pixels instead.
 */
export function encodeImages(images: Floats, [n, c, h, w]: ImageShape, factor: number): Floats {
  if (factor === 1) return images;
  const out = new Float32Array(images.length / factor ** 2);
  const [rows, columns] = [h / factor, w / factor];
  for (let i = 0; i < n; i++) {
    const [whole, part] = [Math.floor(i / factor ** 2), i % factor ** 2];
    const [top, left] = [Math.floor(part / factor) * rows, (part % factor) * columns];
    for (let p = 0; p < c * h * w; p++) {
      const [plane, y, x] = [Math.floor(p / (h * w)), Math.floor(p / w) % h, p % w];
      const at = ((whole * c + plane) * h + top + Math.floor(y / factor)) * w + left + Math.floor(x / factor);
      out[at] += images[i * c * h * w + p] / factor ** 2;
    }
  }
  return out;
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
