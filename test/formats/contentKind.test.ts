import { expect, it } from "vitest";
import { contentKind } from "../../src/formats/scan/contentKind.ts";

/** Latin-1 text as bytes, with as many zeros behind it. */
const begins = (text: string, zeros = 0) =>
  Uint8Array.from({ length: text.length + zeros }, (_, i) => text.charCodeAt(i));

/** Near misses: what is called by its name has to be told what to do with it. */
const rows: readonly [text: string, name: string, hint: string, zeros?: number][] = [
  ["FEA1", "a Feather file", "Parquet with pyarrow"],
  ["ARROW1\0\0", "an Arrow file", "Parquet with pyarrow", 20],
  ["\xff\xff\xff\xff\x70\0\0\0\x10\0\0\0", "an Arrow stream", "Parquet with pyarrow", 100],
  ["PARE", "an encrypted Parquet table", "without encryption", 20],
  ["\x89HDF\r\n\x1a\n", "an HDF5 file", "h5py", 60],
  ["MATLAB 7.3 MAT-file, Platform", "a MAT-file of version 7.3, which is HDF5", "-v7", 400],
  [`${"\0".repeat(16)}\xde\xc0\xef\xbe`, "an LMDB database", "lmdb", 60],
  ["SQLite format 3\0", "an SQLite database", "sqlite3", 60],
  ["\x0a\x23\xd7\xce", "a RecordIO file of MXNet", "mxnet", 60],
  ["\x33\0\0\0\0\0\0\0\x01\x02\x03\x04\x0a\x20", "a TFRecord file", "TensorFlow", 60],
  ["\x08\x07\x12\x07pytorch", "an ONNX model", "no set", 20],
  ["\x08\x09\x3a\x10", "an ONNX model", "no set", 20],
  ["GGUF\x03", "a GGUF model", "no set", 20],
  ["\x1c\0\0\0TFL3", "a TensorFlow Lite model", "no set", 20],
  ["\x28\xb5\x2f\xfd", "a Zstandard file", "unzstd", 20],
  ["BZh91AY&SY\x92\xb3", "a bzip2 file", "bunzip2", 20],
  ["\xfd7zXZ\0", "an xz file", "unxz", 20],
  ["\x1f\x9d\x90", "a file packed by compress", "uncompress", 20],
  ["\x1f\x8b\x08", "a gzip file", "gunzip", 20],
  ["Rar!\x1a\x07\x01\0", "a RAR archive", "unrar"],
  ["\x78\x9c\x6b\x60", "a zlib stream", "zlib", 20],
  ["\0\0\0\x0cJXL ", "a JPEG XL picture", "PNG", 20],
  ["RIFF\x24\0\0\0WEBPVP8 ", "a WebP picture", "PNG", 20],
  ["<!DOCTYPE html><html>", "a web page", "again"],
  ['{"message":"Not Found"}', "an error message of a server", "again"],
  ['<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "an error message of a server", "again"],
  [
    "version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
    "a Git LFS pointer, not the file itself",
    "git lfs pull",
  ],
  ["/annex/objects/SHA256E-s5--00.pt\n", "a git-annex pointer, not the file itself", "git annex get"],
  ["../../.git/annex/objects/aa/bb/SHA256E-s5--00.pt", "a git-annex pointer, not the file itself", "git annex get"],
];

it.each(rows)("%j is %s", (text, name, hint, zeros) => {
  const kind = contentKind(begins(text, zeros));
  expect(kind?.name).toBe(name);
  expect(kind?.hint).toContain(hint);
});

it.each(["classes are good\n", '{"image": [1, 2], "label": 3}\n', "BM is a name\n", "] a list"])(
  "%j is a text",
  (text) => {
    expect(contentKind(begins(text))).toEqual({ name: "a text", plain: true });
  },
);

it("a safetensors file is one beside others too", () => {
  expect(contentKind(begins('\x40\x02\0\0\0\0\0\0{"images":'))).toEqual({ name: "a safetensors file", plain: true });
});
