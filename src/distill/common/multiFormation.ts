import { UsageError } from "../../core/errors.ts";
import { decodeIdc } from "../../data/decodeIdc.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import type { Floats } from "../../nn/Network.ts";

// Multi-formation (arXiv 2205.14959, §4): an image holds f × f smaller ones. Networks see each cut out and enlarged
// bilinearly to the full size. The images that one image holds follow one another, row by row.

/** @throws UsageError if the images cannot be divided into f × f equal parts. */
export function checkFactor(factor: number, side: number, who: string): void {
  if (side % factor === 0) return;
  throw new UsageError(`${who}: invalid factor: expected a divisor of the image side ${side}, got ${factor}`);
}

/** Cut and enlarge: [N, C, S, S] → [f²·N, C, S, S]. */
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
