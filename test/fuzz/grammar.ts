import { Cursor } from "../../src/formats/Cursor.ts";
import { readOp } from "../../src/formats/pickle/opcodes.ts";

/**
 * Where the pieces of a format begin: opcodes, chunks, headers, words. Changes that move whole pieces get deeper into a
 * reader than changes of single bytes.
 */
export type Grammar = (bytes: Uint8Array) => number[];

/** Opcodes, of any number of pickles one after the other; what follows them is cut every 16 bytes. */
export const pickleOps: Grammar = (bytes) => {
  const cuts: number[] = [];
  const cursor = new Cursor(new Uint8Array(bytes), "fuzz");
  try {
    while (cursor.left > 0) {
      const at = cursor.position;
      readOp(cursor, "fuzz");
      cuts.push(at);
    }
  } catch {
    for (let at = cuts.at(-1) ?? 0; at < bytes.length; at += 16) cuts.push(at);
  }
  return cuts;
};

/** MessagePack values; extensions are entered, since Flax packs a value in them. */
export const msgpackValues: Grammar = (bytes) => {
  const cuts: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    cuts.push(at);
    at += msgpackLength(bytes, at);
  }
  return cuts;
};

const fixedWidths: Readonly<Record<number, number>> = {
  ...{ 202: 4, 203: 8, 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 },
  ...{ 220: 2, 221: 4, 222: 2, 223: 4, 199: 2, 200: 3, 201: 5, 212: 1, 213: 1, 214: 1, 215: 1, 216: 1 },
};

function msgpackLength(bytes: Uint8Array, at: number): number {
  const code = bytes[at];
  if (code >= 0xa0 && code < 0xc0) return 1 + (code & 31);
  const width =
    code >= 0xc4 && code <= 0xc6 ? 1 << (code - 0xc4) : code >= 0xd9 && code <= 0xdb ? 1 << (code - 0xd9) : 0;
  let length = 0;
  for (let i = 1; i <= width; i++) length = length * 256 + (bytes[at + i] ?? 0);
  return 1 + width + length + (fixedWidths[code] ?? 0);
}

/** Chunks after an 8-byte signature: length, type, data, checksum. */
export const pngChunks: Grammar = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cuts = [0];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) cuts.push(at, at + 8);
  return cuts.filter((at) => at < bytes.length);
};

/** JPEG markers. */
export const jpegMarkers: Grammar = (bytes) => {
  const cuts = [0];
  for (let at = 1; at + 1 < bytes.length; at++) if (bytes[at] === 0xff && bytes[at + 1] >= 0xc0) cuts.push(at);
  return cuts;
};

/** Elements of a MAT-file, those inside arrays included. */
export const matElements: Grammar = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cuts = [0];
  for (let at = 128; at + 8 <= bytes.length; ) {
    cuts.push(at);
    const type = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    // Arrays are entered, compressed elements are not padded, small elements fit in their tag.
    at += type === 14 || type > 0xffff ? 8 : 8 + (type === 15 ? size : Math.ceil(size / 8) * 8);
  }
  return cuts;
};

/** Blocks of 512 bytes. */
export const tarBlocks: Grammar = (bytes) => Array.from({ length: Math.ceil(bytes.length / 512) }, (_, i) => 512 * i);

/** Records of a zip, and the beginning and end of each printable text: names, keys, numbers. */
export const texts: Grammar = (bytes) => {
  const isText = (at: number) => bytes[at] > 32 && bytes[at] < 127;
  const cuts = [0];
  for (let at = 1; at < bytes.length; at++) {
    const isRecord = bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] < 9;
    if (isRecord || isText(at) !== isText(at - 1)) cuts.push(at);
  }
  return cuts;
};

/** Words, numbers and punctuation: JSON, tables, Python literals. */
export const words: Grammar = (bytes) => {
  const text = new TextDecoder("latin1").decode(bytes);
  return Array.from(text.matchAll(/[\w.+-]+|\s+|[^\w.+\s-]/g), (match) => match.index);
};
