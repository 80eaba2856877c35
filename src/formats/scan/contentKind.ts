import { latin1 } from "../pickle/opcodes.ts";
import { aModel, asArrow, asNumPy, type ContentKind, picture, signatures, unpack } from "./signatures.ts";

/**
 * Say what a file is by its first bytes (512 are enough).
 *
 * @returns undefined where they are no text and nothing that has a name here.
 */
export function contentKind(head: Uint8Array): ContentKind | undefined {
  if (head.length === 0) return { name: "an empty file", plain: true };
  const text = latin1(head);
  for (const [magic, kind, at = 0] of signatures)
    if (text.startsWith(magic, at) && !(magic.length < 4 && isText(head))) return kind;
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return picture("a WebP picture", "convert it to PNG");
  if (text.startsWith("ftyp", 4)) return picture("an HEIF picture or a film", "convert it to PNG");
  if (/^P[1-7]\s/.test(text)) return picture("a PNM picture");
  const typed = head.length > 8 && head[0] === 0 && head[1] === 0 && head[3] >= 1 && head[3] <= 8 && idxTypes[head[2]];
  if (typed) return { name: `an IDX file of ${typed}`, hint: "IDX files are read where they hold bytes" };
  if (isMat4(head)) return { name: "a MAT-file of version 4", hint: `save it in MATLAB with save(…, '-v7')` };
  if (isTfRecord(head)) return { name: "a TFRecord file", hint: `read it with TensorFlow and ${asNumPy}` };
  if (isArrowStream(head)) return { name: "an Arrow stream", hint: asArrow };
  // Version of the form, then one of its fields that are texts or messages.
  if (head[0] === 8 && head[1] >= 1 && head[1] <= 20 && [0x12, 0x1a, 0x22, 0x32, 0x3a].includes(head[2]))
    return { name: "an ONNX model", hint: aModel };
  if ((head[0] & 15) === 8 && head[0] >> 4 <= 7 && ((head[0] << 8) | head[1]) % 31 === 0 && !isText(head))
    return { name: "a zlib stream", holds: "zlib", hint: unpack("zlib.decompress of Python") };
  return isText(head) ? textKind(text) : undefined;
}

/** What a text says of itself: pages and messages lie where a download went wrong. */
function textKind(text: string): ContentKind {
  const again = "the download gave it instead of the file: get the file again";
  if (/^\s*<(!doctype|html)/i.test(text)) return { name: "a web page", plain: true, hint: again };
  if (/^\s*<\?xml[^>]*>\s*<Error\b|^\s*\{\s*"(?:message|error)"\s*:/i.test(text))
    return { name: "an error message of a server", plain: true, hint: again };
  if (/^(?:\.\.\/|\/)*(?:\.git\/)?annex\/objects\//.test(text))
    return { name: "a git-annex pointer, not the file itself", plain: true, hint: "fetch it with git annex get" };
  return { name: "a text", plain: true };
}

/** Element types of IDX other than bytes, by their number. */
const idxTypes: Readonly<Record<number, string>> = {
  ...{ 9: "signed bytes", 11: "16-bit integers", 12: "32-bit integers", 13: "32-bit floats", 14: "64-bit floats" },
};

/** No control characters but white space; UTF-16 with its mark counts too. */
function isText(head: Uint8Array): boolean {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  return head.every((byte) => (byte >= 32 ? byte !== 127 : byte === 9 || byte === 10 || byte === 12 || byte === 13));
}

/** Type below 1000 with zero hundreds, sizes, a flag, a name: the twenty bytes before a level 4 array. */
function isMat4(head: Uint8Array): boolean {
  if (head.length < 21) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [type, rows, columns, imaginary, name] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true));
  const types = type % 10 <= 2 && Math.floor(type / 10) % 10 <= 5 && Math.floor(type / 100) === 0;
  if (!types || rows === 0 || columns === 0 || imaginary > 1 || name < 2 || name > 64 || head.length < 20 + name)
    return false;
  return /^[A-Za-z]\w*\0$/.test(latin1(head.subarray(20, 20 + name)));
}

/** Length of the first record, and `\n` as protobuf's first byte behind its checksum. */
function isTfRecord(head: Uint8Array): boolean {
  if (head.length < 16) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = view.getBigUint64(0, true);
  return length > 2n && length < 2n ** 32n && view.getUint32(8, true) !== 0 && head[12] === 0x0a && head[0] !== 0x80;
}

/** A continuation mark, the length of a message, and the flatbuffer's own offset into it. */
function isArrowStream(head: Uint8Array): boolean {
  if (head.length < 16) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [mark, length, offset] = [0, 4, 8].map((at) => view.getUint32(at, true));
  return mark === 0xffffffff && length >= 16 && length < 2 ** 26 && length % 8 === 0 && offset < length;
}
