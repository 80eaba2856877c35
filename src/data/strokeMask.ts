import { child, type Key, Stream } from "../core/random.ts";

/** Points of the line that are looked at, a pixel along it. */
const FINE = 8;

/**
 * Draw a random smooth line from one border to the opposite one, across or down: the pixels whose centres lie within half its width.
 *
 * Its height at t in [0, 1] of the way is Σ_k B_k(t) y_k with Bernstein's cubics B_k and four y_k uniform over the border: a Bézier curve that
 * never leaves the picture.
 *
 * @param width in pixels
 * @returns H·W, 1 on the line and 0 beside it
 */
export function strokeMask(h: number, w: number, width: number, source: Key): Float32Array<ArrayBuffer> {
  const stream = new Stream(child(source, "stroke"));
  const across = stream.integer(2) === 0;
  const [length, height] = across ? [w, h] : [h, w];
  const [y0, y1, y2, y3] = Array.from({ length: 4 }, () => stream.uniform(0, height - 1));
  const mask = new Float32Array(h * w);
  const radius = width / 2;
  for (let i = 0; i <= FINE * (length - 1); i++) {
    const x = i / FINE;
    const t = x / (length - 1);
    const s = 1 - t;
    const y = s ** 3 * y0 + 3 * s ** 2 * t * y1 + 3 * s * t ** 2 * y2 + t ** 3 * y3;
    const near = (at: number, end: number) => [
      Math.max(0, Math.ceil(at - radius)),
      Math.min(end, Math.floor(at + radius)),
    ];
    const [left, right] = near(x, length - 1);
    const [top, bottom] = near(y, height - 1);
    for (let q = left; q <= right; q++)
      for (let r = top; r <= bottom; r++)
        if (Math.hypot(q - x, r - y) <= radius) mask[across ? r * w + q : q * w + r] = 1;
  }
  return mask;
}
