import { decode } from "fast-png";
import { DataError } from "../../../core/errors.ts";
import { unzlibExact } from "../boundedInflate.ts";
import type { DecodedImage } from "../Format.ts";
import { crc32 } from "../zip/crc32.ts";
import { type Approve, checkPictureSize, type Extra } from "./pictureLimits.ts";

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

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

/**
 * Decode an 8-bit PNG: grey stays one channel, colour and palette become RGB, alpha is dropped (as PIL's `convert` does).
 *
 * The declared size is checked first, every chunk that matters against its checksum, and the compressed data must hold
 * exactly the declared pixels. Only those chunks reach the decoder.
 *
 * @throws DataError on anything else, 16-bit samples included.
 */
export function decodePng(bytes: Uint8Array<ArrayBuffer>, approve?: Approve): { image: DecodedImage; extras: Extra[] } {
  const chunks = listChunks(bytes);
  const header = parseHeader(chunks[0]);
  approve?.(header.width, header.height);
  const palette = chunks.find((chunk) => chunk.type === "PLTE")?.data;
  if (header.colour === 3 && (!palette || palette.length === 0 || palette.length > 768 || palette.length % 3 !== 0))
    throw new DataError(`${who}: invalid palette: expected 1 to 256 colours, got ${(palette?.length ?? 0) / 3}`);
  const packed = joinData(chunks);
  checkPixelData(packed, header);
  const decoded = unfilter(minimalPng(chunks[0].data, packed));
  const image =
    header.colour === 3 ? lookUpPalette(decoded, header, palette as Uint8Array) : keepColour(decoded, header);
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

function parseHeader({ data, offset }: Chunk): Header {
  if (data.length !== 13) throw new DataError(`${who}: invalid IHDR: expected 13 bytes, got ${data.length}`, offset);
  const view = new DataView(data.buffer, data.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkPictureSize(width, height, who, offset + 8);
  const [depth, colour, compression, filter, interlace] = data.subarray(8);
  if (![0, 2, 3, 4, 6].includes(colour))
    throw new DataError(`${who}: unknown colour type: expected 0, 2, 3, 4 or 6, got ${colour}`, offset + 17);
  if (depth !== 8 && !(colour === 3 && [1, 2, 4].includes(depth)))
    throw new DataError(`${who}: invalid bit depth: expected 8-bit samples, got ${depth}`, offset + 16);
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

/** The zlib stream must hold exactly the filtered rows of the declared picture, with filters 0 to 4. */
function checkPixelData(packed: Uint8Array, header: Header): void {
  const rows = passes(header);
  const size = rows.reduce((sum, [count, bytes]) => sum + count * (1 + bytes), 0);
  const raw = unzlibExact(packed, size, who);
  let at = 0;
  for (const [count, bytes] of rows) {
    for (let row = 0; row < count; row++, at += 1 + bytes) {
      if (raw[at] > 4) throw new DataError(`${who}: unknown row filter: expected 0 to 4, got ${raw[at]}`);
    }
  }
}

/** Rows and bytes per row of each pass (one, or the seven of Adam7; PNG specification, §8). */
function passes({ width, height, depth, colour, interlaced }: Header): [rows: number, bytes: number][] {
  const bits = depth * ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour] as number);
  const row = (pixels: number) => Math.ceil((pixels * bits) / 8);
  if (!interlaced) return [[height, row(width)]];
  const grid = [
    [0, 8, 0, 8],
    [4, 8, 0, 8],
    [0, 4, 4, 8],
    [2, 4, 0, 4],
    [0, 2, 2, 4],
    [1, 2, 0, 2],
    [0, 1, 1, 2],
  ];
  const count = (size: number, start: number, step: number) => Math.max(0, Math.ceil((size - start) / step));
  return grid
    .map(([x, dx, y, dy]): [number, number] => [count(height, y, dy), count(width, x, dx)])
    .filter(([rows, columns]) => rows > 0 && columns > 0)
    .map(([rows, columns]) => [rows, row(columns)]);
}

function unfilter(clean: Uint8Array): Uint8Array {
  try {
    return decode(clean).data as Uint8Array;
  } catch (error) {
    throw new DataError(`${who}: invalid pixel data: expected a picture, got an error (${(error as Error).message})`);
  }
}

/** A PNG of the header and the pixel data only: nothing else of the file meets the decoder. */
function minimalPng(header: Uint8Array, packed: Uint8Array): Uint8Array {
  const chunks: [string, Uint8Array][] = [
    ["IHDR", header],
    ["IDAT", packed],
    ["IEND", new Uint8Array(0)],
  ];
  const out = new Uint8Array(8 + chunks.reduce((sum, [, data]) => sum + 12 + data.length, 0));
  out.set(signature);
  let at = 8;
  for (const [type, data] of chunks) {
    new DataView(out.buffer).setUint32(at, data.length);
    for (let i = 0; i < 4; i++) out[at + 4 + i] = type.charCodeAt(i);
    out.set(data, at + 8);
    at += 12 + data.length;
  }
  return out;
}

function keepColour(decoded: Uint8Array, { width, height, colour }: Header): DecodedImage {
  if (colour === 0 || colour === 2) return { width, height, channels: colour === 0 ? 1 : 3, data: decoded };
  const channels = colour === 4 ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0, from = 0, to = 0; i < width * height; i++, from++) {
    for (let c = 0; c < channels; c++) data[to++] = decoded[from++];
  }
  return { width, height, channels, data };
}

/** Rows are packed to whole bytes, the leftmost pixel in the highest bits. */
function lookUpPalette(decoded: Uint8Array, { width, height, depth }: Header, palette: Uint8Array): DecodedImage {
  const data = new Uint8Array(width * height * 3);
  const rowBytes = Math.ceil((width * depth) / 8);
  const mask = (1 << depth) - 1;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const bit = x * depth;
      const index = (decoded[y * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
      if (3 * index >= palette.length)
        throw new DataError(`${who}: invalid palette index: expected below ${palette.length / 3}, got ${index}`);
      for (let c = 0; c < 3; c++) data[to + c] = palette[3 * index + c];
    }
  }
  return { width, height, channels: 3, data };
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
  const end = (chunks.at(-1) as Chunk).offset + 12 + (chunks.at(-1) as Chunk).data.length;
  if (end < size) extras.push({ rule: "picture-trailing", detail: `${size - end} bytes after the end of the picture` });
  return extras;
}
