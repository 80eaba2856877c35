import type { Floats } from "../../../nn/Network.ts";

/** Images moved by some pixels, what leaves on one side coming back on the other. N·C·H·W in and out. */
export function shifted(
  images: Floats,
  [h, w]: readonly [number, number],
  [dy, dx]: readonly [number, number],
): Floats {
  if (dy === 0 && dx === 0) return images;
  const out = new Float32Array(images.length);
  const wrapped = (i: number, n: number) => ((i % n) + n) % n;
  for (let plane = 0; plane < images.length; plane += h * w)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) out[plane + wrapped(y + dy, h) * w + wrapped(x + dx, w)] = images[plane + y * w + x];
  return out;
}
