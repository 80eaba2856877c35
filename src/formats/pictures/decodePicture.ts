import { DataError } from "../../core/errors.ts";
import type { DecodedImage, JpegDecoder } from "../Format.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { isJpeg, scanJpeg } from "./jpeg.ts";
import type { Approve, Extra } from "./pictureLimits.ts";
import { decodePng, isPng } from "./png.ts";
import { decodePnm, isPnm } from "./pnm.ts";

/** Bytes that are enough to tell the kinds apart. */
export const headBytes = 16;

/** What the first bytes say a file is; `other` names a picture format that is known and not read. */
export function pictureKind(head: Uint8Array): "png" | "jpeg" | "pnm" | { other: string } | undefined {
  if (isPng(head)) return "png";
  if (isJpeg(head)) return "jpeg";
  if (isPnm(head)) return "pnm";
  const text = String.fromCharCode(...head.subarray(0, 12));
  if (text.startsWith("GIF8")) return { other: "GIF" };
  if (text.startsWith("RIFF") && text.endsWith("WEBP")) return { other: "WebP" };
  if (/^P[1-47]\s/.test(text)) return { other: `PNM ${text.slice(0, 2)}` };
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return { other: "TIFF" };
  return undefined;
}

/**
 * Decode one picture of a kind that is read: PNG, JPEG, binary PGM and PPM.
 *
 * @param jpeg the platform's decoder; JPEG is refused by name without one.
 * @param approve sees the declared size first and may refuse it.
 * @throws DataError on a picture that breaks a rule or is of another kind.
 */
export async function decodePicture(
  bytes: Uint8Array<ArrayBuffer>,
  jpeg?: JpegDecoder,
  approve?: Approve,
): Promise<{ image: DecodedImage; extras: readonly Extra[] }> {
  const kind = pictureKind(bytes.subarray(0, headBytes));
  if (kind === "png") return decodePng(bytes, approve);
  if (kind === "pnm") return decodePnm(bytes, approve);
  if (kind !== "jpeg")
    throw new (kind ? NotRecognised : DataError)(
      `picture: unknown kind: expected PNG, JPEG, PGM or PPM, got ${kind ? kind.other : "other bytes"}`,
      0,
    );
  const scan = scanJpeg(bytes);
  approve?.(scan.width, scan.height);
  if (!jpeg)
    throw new NotRecognised("jpeg: missing decoder: expected one for JPEG files, got none; install the package sharp");
  const image = await jpeg(scan.clean);
  if (image.width !== scan.width || image.height !== scan.height || image.channels !== scan.channels)
    throw new DataError(
      `jpeg: invalid picture: expected ${scan.width} × ${scan.height} × ${scan.channels}, got ${image.width} × ${image.height} × ${image.channels}`,
    );
  return { image, extras: scan.extras };
}
