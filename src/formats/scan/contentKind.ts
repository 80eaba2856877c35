import { latin1 } from "../pickle/opcodes.ts";

/** What the first bytes of a file say it is. */
export interface ContentKind {
  /** Words for people, with an article: "a PNG picture". */
  readonly name: string;
  /** How it can hold other files or a pickle. */
  readonly holds?: "zip" | "tar" | "gzip" | "zlib" | "npy" | "torch-legacy";
  /** Packed in a way that is not opened here: what is inside stays unknown. */
  readonly closed?: true;
  /** A text or a picture: nothing that unpickles. */
  readonly plain?: true;
  /** What to do with it, where there is something. */
  readonly hint?: string;
}

type Signature = readonly [magic: string, kind: ContentKind, at?: number];

const closed = (name: string, program: string): ContentKind => ({
  name,
  closed: true,
  hint: `unpack it first (${program})`,
});
const picture = (name: string, hint?: string): ContentKind => ({ name, plain: true, ...(hint ? { hint } : {}) });
const asNumPy = "save images and labels with numpy.savez, or as safetensors";

/** Magic bytes as Latin-1 text, most telling first. */
const signatures: readonly Signature[] = [
  ["\x89PNG\r\n\x1a\n", picture("a PNG picture")],
  ["\xff\xd8\xff", picture("a JPEG picture")],
  ["GIF8", picture("a GIF picture", "convert it to PNG")],
  ["II*\0", picture("a TIFF picture", "convert it to PNG")],
  ["MM\0*", picture("a TIFF picture", "convert it to PNG")],
  ["BM", picture("a BMP picture", "convert it to PNG"), 0],
  ["\0\0\x01\0", picture("an icon", "convert it to PNG")],
  ["PK\x03\x04", { name: "a zip archive", holds: "zip" }],
  ["PK\x05\x06", { name: "an empty zip archive", plain: true }],
  ["\x1f\x8b\x08", { name: "a gzip file", holds: "gzip" }],
  ["\x93NUMPY", { name: "a NumPy array", holds: "npy" }],
  ["\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", { name: "a PyTorch file", holds: "torch-legacy" }],
  ["ustar", { name: "a tar archive", holds: "tar" }, 257],
  ["BZh", closed("a bzip2 file", "bunzip2")],
  ["\xfd7zXZ\0", closed("an xz file", "unxz")],
  ["\x28\xb5\x2f\xfd", closed("a Zstandard file", "unzstd")],
  ["\x04\x22\x4d\x18", closed("an LZ4 file", "unlz4")],
  ["7z\xbc\xaf\x27\x1c", closed("a 7-Zip archive", "7z x")],
  ["Rar!\x1a\x07", closed("a RAR archive", "unrar x")],
  ["MSCF", closed("a Windows cabinet", "cabextract")],
  ["\x89HDF\r\n\x1a\n", { name: "an HDF5 file", closed: true, hint: `open it with h5py and ${asNumPy}` }],
  [
    "MATLAB 7.3 MAT-file",
    {
      name: "a MAT-file of version 7.3, which is HDF5",
      closed: true,
      hint: `save it in MATLAB with save(…, '-v7'), or open it with h5py and ${asNumPy}`,
    },
  ],
  ["SQLite format 3\0", { name: "an SQLite database", closed: true }],
  ["ARROW1", { name: "an Arrow file", hint: "write it as Parquet with pyarrow" }],
  ["ORC", { name: "an ORC file", hint: "write it as Parquet with pyarrow" }],
  ["Obj\x01", { name: "an Avro file", hint: "write it as Parquet" }],
  ["GGUF", { name: "a GGUF model" }],
  ["CDF\x01", { name: "a NetCDF file", hint: asNumPy }],
  ["SIMPLE  =", { name: "a FITS file", hint: asNumPy }],
  ["%PDF-", { name: "a PDF document", plain: true }],
  ["\x7fELF", { name: "a Linux program", closed: true }],
  ["MZ", { name: "a Windows program", closed: true }],
  ["\xca\xfe\xba\xbe", { name: "a Java class or macOS program", closed: true }],
  ["\0\x05\x16\x07", { name: "macOS attributes of another file", plain: true }],
  ["PAR1", { name: "a Parquet table" }],
  ["MATLAB 5.0", { name: "a MAT-file" }],
  ["FEA1", { name: "a Feather file", hint: "write it as Parquet with pyarrow" }],
  [
    "version https://git-lfs.github.com/spec/",
    { name: "a Git LFS pointer, not the file itself", hint: "fetch it with git lfs pull", plain: true },
  ],
];

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
  if ((head[0] & 15) === 8 && head[0] >> 4 <= 7 && ((head[0] << 8) | head[1]) % 31 === 0 && !isText(head))
    return { name: "a zlib stream", holds: "zlib" };
  return isText(head) ? { name: /^\s*<(!doctype|html)/i.test(text) ? "a web page" : "a text", plain: true } : undefined;
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
