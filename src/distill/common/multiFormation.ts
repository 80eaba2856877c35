import { UsageError } from "../../core/errors.ts";
import { decodeIdc, samples } from "../../data/decodeIdc.ts";
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

/** Carry a derivative back through `decodeImages`, which is linear: [f²·N, C, S, S] → [N, C, S, S]. */
export function decodeAdjoint(gradient: Floats, [n, c, h, w]: ImageShape, factor: number): Floats {
  if (factor === 1) return gradient;
  const out = new Float32Array(n * c * h * w);
  const [rows, columns] = [samples(h, h / factor), samples(w, w / factor)];
  let from = 0;
  for (let whole = 0; whole < n; whole++)
    for (let part = 0; part < factor ** 2; part++)
      for (let channel = 0; channel < c; channel++) {
        const [top, left] = [(Math.floor(part / factor) * h) / factor, ((part % factor) * w) / factor];
        const base = ((whole * c + channel) * h + top) * w + left;
        for (const row of rows)
          for (const column of columns) {
            const low = gradient[from++] * row.part;
            const high = gradient[from - 1] - low;
            out[base + row.low * w + column.low] += high * (1 - column.part);
            out[base + row.low * w + column.high] += high * column.part;
            out[base + row.high * w + column.low] += low * (1 - column.part);
            out[base + row.high * w + column.high] += low * column.part;
          }
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
