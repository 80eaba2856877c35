import type { Stream } from "../../core/random.ts";
import { samples } from "../../data/decodeIdc.ts";
import type { Floats } from "../../nn/Network.ts";

/**
 * Cut a random square out of an image and enlarge it bilinearly to the full size: its area is a share of the image's, uniform
 * from `least` to 1, its place uniform among all whole pixels.
 *
 * @param image C·S·S numbers
 */
export function randomCrop(image: Floats, channels: number, side: number, least: number, stream: Stream): Floats {
  const tile = Math.min(side, Math.max(1, Math.round(side * Math.sqrt(stream.uniform(least, 1)))));
  const [top, left] = [stream.integer(side - tile + 1), stream.integer(side - tile + 1)];
  const at = samples(side, tile);
  const out = new Float32Array(image.length);
  let i = 0;
  for (let c = 0; c < channels; c++)
    for (const row of at)
      for (const column of at) {
        const along = (y: number) => {
          const start = (c * side + top + y) * side + left;
          return image[start + column.low] * (1 - column.part) + image[start + column.high] * column.part;
        };
        out[i++] = along(row.low) * (1 - row.part) + along(row.high) * row.part;
      }
  return out;
}
