import { DataError } from "../core/errors.ts";
import type { JpegDecoder } from "../data/formats/Format.ts";
import { maxPixels } from "../data/formats/pictures/pictureLimits.ts";

/**
 * Load the JPEG decoder of this platform: libvips through the optional package sharp.
 *
 * It computes the accurate integer DCT and smooth chroma upsampling of libjpeg, so pixels equal PIL's bit for bit.
 *
 * @returns undefined where sharp is not installed; JPEG files are then refused by name.
 */
export async function jpegDecoder(): Promise<JpegDecoder | undefined> {
  let sharp: typeof import("sharp").default;
  try {
    sharp = (await import("sharp")).default;
  } catch {
    return undefined;
  }
  return async (bytes) => {
    try {
      const picture = sharp(bytes, { limitInputPixels: maxPixels, failOn: "error", autoOrient: false });
      const { channels } = await picture.metadata();
      const { data, info } = await picture
        .toColourspace(channels === 1 ? "b-w" : "srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, channels: info.channels as 1 | 3, data: new Uint8Array(data) };
    } catch (error) {
      throw new DataError(`jpeg: invalid coded data: expected a picture, got an error (${(error as Error).message})`);
    }
  };
}
