import { createRequire } from "node:module";
import { DataError } from "../core/errors.ts";
import type { JpegDecoder } from "../formats/Format.ts";
import { maxPixels } from "../formats/pictures/pictureLimits.ts";

/**
 * Find the JPEG decoder of this platform: libvips through the optional package sharp, loaded with the first picture.
 *
 * It computes the accurate integer DCT and smooth chroma upsampling of libjpeg, so pixels equal PIL's bit for bit.
 *
 * @returns undefined where sharp is not installed; JPEG files are then refused by name.
 */
export async function jpegDecoder(): Promise<JpegDecoder | undefined> {
  try {
    createRequire(import.meta.url).resolve("sharp");
  } catch {
    return undefined;
  }
  return async (bytes) => {
    const { default: sharp } = await import("sharp").catch((error: Error) => {
      throw new DataError(`jpeg: missing decoder: expected the package sharp to start, got: ${error.message}`);
    });
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
