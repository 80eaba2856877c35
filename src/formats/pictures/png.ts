import { DataError } from "../../core/errors.ts";
import { unzlibExact } from "../boundedInflate.ts";
import type { DecodedImage } from "../Format.ts";
import { crc32 } from "../zip/crc32.ts";
import { type Approve, checkPictureSize, type Extra } from "./pictureLimits.ts";
import { filteredSize, type PngHeader, pngPixels } from "./pngPixels.ts";

const who = "png";
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Ancillary chunks that say how to show pixels and hold no free text. */
const harmless = new Set(["gAMA", "cHRM", "sRGB", "sBIT", "pHYs", "bKGD", "hIST", "tIME", "iCCP", "sPLT", "cICP"]);
const texts = new Set(["tEXt", "zTXt", "iTXt"]);

interface Chunk {
  readonly type: string;
  readonly offset: number;
  readonly data: Uint8Array;
}

/**
 * Decode a PNG of any colour type, bit depth and interlacing to 8 bits: grey stays one channel, colour and palette become RGB, alpha is
 * dropped (as PIL's `convert` does).
 *
 * The declared size is checked first, every chunk that matters against its checksum, and the compressed data must hold
 * exactly the declared pixels.
 *
 * @throws DataError on anything else.
 */
export function decodePng(bytes: Uint8Array<ArrayBuffer>, approve?: Approve): { image: DecodedImage; extras: Extra[] } {
  const chunks = listChunks(bytes);
  const header = parseHeader(chunks[0]);
  approve?.(header.width, header.height);
  const palette = chunks.find((chunk) => chunk.type === "PLTE")?.data;
  if (header.colour === 3 && (!palette || palette.length === 0 || palette.length > 768 || palette.length % 3 !== 0))
    throw new DataError(`${who}: invalid palette: expected 1 to 256 colours, got ${(palette?.length ?? 0) / 3}`);
  const packed = joinData(chunks);
  const image = pngPixels(unzlibExact(packed, filteredSize(header), who), header, palette);
  return { image, extras: listExtras(chunks, bytes.length) };
}

/** Does this look like the beginning of a PNG? */
export function isPng(head: Uint8Array): boolean {
  return signature.every((byte, i) => head[i] === byte);
}

function listChunks(bytes: Uint8Array): Chunk[] {
  if (!isPng(bytes)) throw new DataError(`${who}: invalid signature: expected 89 P N G, got other bytes`, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  let at = 8;
  while (chunks.at(-1)?.type !== "IEND") {
    if (bytes.length - at < 12)
      throw new DataError(`${who}: missing chunk: expected IEND before the end, got none`, bytes.length);
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12)
      throw new DataError(
        `${who}: invalid chunk length: expected at most ${bytes.length - at - 12}, got ${length}`,
        at,
      );
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type))
      throw new DataError(`${who}: invalid chunk type: expected four letters, got ${JSON.stringify(type)}`, at + 4);
    const critical = type[0] < "a";
    if (critical && !["IHDR", "PLTE", "IDAT", "IEND"].includes(type))
      throw new DataError(`${who}: unknown critical chunk: expected IHDR, PLTE, IDAT or IEND, got ${type}`, at + 4);
    if (critical && crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      throw new DataError(`${who}: invalid checksum of ${type}: expected that of its content`, at + 8 + length);
    const repeated = critical && type !== "IDAT" && chunks.some((chunk) => chunk.type === type);
    if (repeated || (type === "IHDR") !== (chunks.length === 0))
      throw new DataError(`${who}: invalid chunk order: expected IHDR first and each of ${type} once`, at);
    chunks.push({ type, offset: at, data: bytes.subarray(at + 8, at + 8 + length) });
    if (chunks.length > 65_536)
      throw new DataError(`${who}: invalid chunk count: expected at most 65536, got more`, at);
    at += 12 + length;
  }
  return chunks;
}

function parseHeader({ data, offset }: Chunk): PngHeader {
  if (data.length !== 13) throw new DataError(`${who}: invalid IHDR: expected 13 bytes, got ${data.length}`, offset);
  const view = new DataView(data.buffer, data.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkPictureSize(width, height, who, offset + 8);
  const [depth, colour, compression, filter, interlace] = data.subarray(8);
  if (![0, 2, 3, 4, 6].includes(colour))
    throw new DataError(`${who}: unknown colour type: expected 0, 2, 3, 4 or 6, got ${colour}`, offset + 17);
  const depths = { 0: [1, 2, 4, 8, 16], 3: [1, 2, 4, 8] }[colour] ?? [8, 16];
  if (!depths.includes(depth))
    throw new DataError(
      `${who}: invalid bit depth: expected ${depths.join(", ")} for colour type ${colour}, got ${depth}`,
      offset + 16,
    );
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw new DataError(`${who}: unknown method: expected deflate, filter 0, interlace 0 or 1`, offset + 18);
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

function joinData(chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.filter((chunk) => chunk.type === "IDAT");
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part.data, at);
    at += part.data.length;
  }
  return whole;
}

function listExtras(chunks: readonly Chunk[], size: number): Extra[] {
  const extras: Extra[] = [];
  for (const { type, data } of chunks) {
    if (texts.has(type)) {
      const keyword = new TextDecoder("latin1").decode(data.subarray(0, 79)).split("\0")[0];
      extras.push({ rule: "picture-text", detail: `${type} ${JSON.stringify(keyword)}, ${data.length} bytes` });
    } else if (type === "eXIf") extras.push({ rule: "picture-exif", detail: `eXIf, ${data.length} bytes` });
    else if (type === "acTL")
      extras.push({ rule: "picture-animated", detail: "an animation, of which the first picture is read" });
    else if (type === "tRNS") extras.push({ rule: "picture-alpha", detail: "transparency, which is dropped" });
    else if (type[0] >= "a" && !harmless.has(type))
      extras.push({ rule: "picture-chunk", detail: `unknown chunk ${type}, ${data.length} bytes` });
  }
  const colour = chunks[0].data[9];
  if (colour === 4 || colour === 6)
    extras.push({ rule: "picture-alpha", detail: "an alpha channel, which is dropped" });
  if (chunks[0].data[8] === 16)
    extras.push({ rule: "picture-16-bit", detail: "16-bit samples, of which the high byte is read" });
  const end = (chunks.at(-1) as Chunk).offset + 12 + (chunks.at(-1) as Chunk).data.length;
  if (end < size) extras.push({ rule: "picture-trailing", detail: `${size - end} bytes after the end of the picture` });
  return extras;
}
