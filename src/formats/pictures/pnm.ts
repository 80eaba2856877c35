import { DataError } from "../../core/errors.ts";
import type { DecodedImage } from "../Format.ts";
import { type Approve, checkPictureSize, type Extra } from "./pictureLimits.ts";

const who = "pnm";
/** A header of three numbers fits many times over; more is a comment nobody needs to search. */
const maxHeader = 4096;

/** Does this look like the beginning of a binary PGM or PPM? */
export function isPnm(head: Uint8Array): boolean {
  return head[0] === 0x50 && (head[1] === 0x35 || head[1] === 0x36) && isSpace(head[2]);
}

/** Decode a binary PGM (P5) or PPM (P6) of 8-bit samples. @throws DataError on anything else. */
export function decodePnm(bytes: Uint8Array<ArrayBuffer>, approve?: Approve): { image: DecodedImage; extras: Extra[] } {
  if (!isPnm(bytes)) throw new DataError(`${who}: invalid signature: expected P5 or P6, got other bytes`, 0);
  const extras: Extra[] = [];
  let at = 2;
  const number = (what: string) => {
    for (;;) {
      if (at > maxHeader)
        throw new DataError(`${who}: invalid header: expected at most ${maxHeader} bytes, got more`, at);
      if (isSpace(bytes[at])) at++;
      else if (bytes[at] === 0x23) {
        const start = at;
        while (at < bytes.length && bytes[at] !== 10 && at <= maxHeader) at++;
        extras.push({ rule: "picture-text", detail: `a comment, ${at - start} bytes` });
      } else break;
    }
    const start = at;
    while (bytes[at] >= 0x30 && bytes[at] <= 0x39 && at - start < 6) at++;
    if (at === start) throw new DataError(`${who}: invalid ${what}: expected a number, got other bytes`, at);
    return Number(new TextDecoder().decode(bytes.subarray(start, at)));
  };
  const [width, height, most] = [number("width"), number("height"), number("maximum")];
  checkPictureSize(width, height, who, 2);
  approve?.(width, height);
  if (most !== 255) throw new DataError(`${who}: invalid maximum: expected 255 (8-bit samples), got ${most}`, at);
  if (!isSpace(bytes[at])) throw new DataError(`${who}: invalid header: expected one white space, got other bytes`, at);
  at++;
  const channels = bytes[1] === 0x35 ? 1 : 3;
  const size = width * height * channels;
  if (bytes.length - at < size)
    throw new DataError(`${who}: invalid pixel data: expected ${size} bytes, got ${bytes.length - at}`, at);
  if (bytes.length - at > size)
    extras.push({ rule: "picture-trailing", detail: `${bytes.length - at - size} bytes after the end of the picture` });
  return { image: { width, height, channels, data: bytes.slice(at, at + size) }, extras };
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}
