import { encode } from "fast-png";
import { UsageError } from "../../core/errors.ts";

/**
 * Encode planes of bytes (C·H·W) as an 8-bit PNG, grey or RGB.
 *
 * @throws UsageError on another number of channels.
 */
export function encodePng(
  planes: Uint8Array,
  channels: number,
  height: number,
  width: number,
): Uint8Array<ArrayBuffer> {
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`encodePng: invalid channels: expected 1 or 3, got ${channels}`);
  const area = height * width;
  const data = new Uint8Array(area * channels);
  for (let c = 0; c < channels; c++) for (let p = 0; p < area; p++) data[p * channels + c] = planes[c * area + p];
  return encode({ width, height, data, channels, depth: 8 }) as Uint8Array<ArrayBuffer>;
}
