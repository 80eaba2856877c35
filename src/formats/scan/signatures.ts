type Signature = readonly [magic: string, kind: ContentKind, at?: number];

const closed = (name: string, program: string): ContentKind => ({
  name,
  closed: true,
  hint: unpack(program),
});
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

export const picture = (name: string, hint?: string): ContentKind => ({ name, plain: true, ...(hint ? { hint } : {}) });
export const unpack = (program: string): string => `unpack it first (${program})`;
export const asArrow = "write it as Parquet with pyarrow";
export const aModel = "a model is no set: name the file with the images";
export const asNumPy = "save images and labels with numpy.savez, or as safetensors";

const database = (name: string, library: string): ContentKind => ({
  name,
  closed: true,
  hint: `read it with ${library} and ${asNumPy}`,
});

/** Magic bytes as Latin-1 text, most telling first. */
export const signatures: readonly Signature[] = [
  ["\x89PNG\r\n\x1a\n", picture("a PNG picture")],
  ["\xff\xd8\xff", picture("a JPEG picture")],
  ["GIF8", picture("a GIF picture", "convert it to PNG")],
  ["II*\0", picture("a TIFF picture", "convert it to PNG")],
  ["MM\0*", picture("a TIFF picture", "convert it to PNG")],
  ["BM", picture("a BMP picture", "convert it to PNG"), 0],
  ["\0\0\x01\0", picture("an icon", "convert it to PNG")],
  ["\0\0\0\x0cjP  ", picture("a JPEG 2000 picture", "convert it to PNG")],
  ["\0\0\0\x0cJXL ", picture("a JPEG XL picture", "convert it to PNG")],
  ["8BPS", picture("a Photoshop picture", "convert it to PNG")],
  ["v/1\x01", picture("an OpenEXR picture", "convert it to PNG")],
  ["DICM", picture("a DICOM picture", "convert it to PNG"), 128],
  ["PK\x03\x04", { name: "a zip archive", holds: "zip" }],
  ["PK\x07\x08", closed("a piece of a split zip archive", "zip -s 0 IN.zip --out OUT.zip, then unzip")],
  ["070707", closed("a cpio archive", "bsdtar -xf")],
  ["070701", closed("a cpio archive", "bsdtar -xf")],
  ["!<arch>\n", closed("an ar archive", "ar x")],
  ["PK\x05\x06", { name: "an empty zip archive", plain: true }],
  ["\x1f\x8b\x08", { name: "a gzip file", holds: "gzip", hint: unpack("gunzip") }],
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
  ["LZIP", closed("an lzip file", "lunzip")],
  ["\x1f\x9d", closed("a file packed by compress", "uncompress")],
  ["]\0\0", closed("an LZMA file", "unlzma")],
  ["\xff\x06\0\0sNaPpY", closed("a Snappy file", "snzip -d")],
  ["\x89HDF\r\n\x1a\n", { name: "an HDF5 file", closed: true, hint: `open it with h5py and ${asNumPy}` }],
  [
    "MATLAB 7.3 MAT-file",
    {
      name: "a MAT-file of version 7.3, which is HDF5",
      closed: true,
      hint: `save it in MATLAB with save(…, '-v7'), or open it with h5py and ${asNumPy}`,
    },
  ],
  ["SQLite format 3\0", database("an SQLite database", "sqlite3")],
  ["ARROW1", { name: "an Arrow file", hint: asArrow }],
  ["ORC", { name: "an ORC file", hint: asArrow }],
  ["Obj\x01", { name: "an Avro file", hint: "write it as Parquet" }],
  ["GGUF", { name: "a GGUF model", hint: aModel }],
  ["TFL3", { name: "a TensorFlow Lite model", hint: aModel }, 4],
  ["PARE", { name: "an encrypted Parquet table", closed: true, hint: "write it without encryption" }],
  ["\xde\xc0\xef\xbe", database("an LMDB database", "lmdb"), 16],
  ["\x0a\x23\xd7\xce", database("a RecordIO file of MXNet", "mxnet.recordio")],
  ["CDF\x01", { name: "a NetCDF file", hint: asNumPy }],
  ["SIMPLE  =", { name: "a FITS file", hint: asNumPy }],
  ["%PDF-", { name: "a PDF document", plain: true }],
  ["\x7fELF", { name: "a Linux program", closed: true }],
  ["MZ", { name: "a Windows program", closed: true }],
  ["\xca\xfe\xba\xbe", { name: "a Java class or macOS program", closed: true }],
  ["\0\x05\x16\x07", { name: "macOS attributes of another file", plain: true }],
  // Eight bytes of a length, of which the upper four are zero, then a JSON object.
  ['\0\0\0\0{"', { name: "a safetensors file", plain: true }, 4],
  ["PAR1", { name: "a Parquet table" }],
  ["MATLAB 5.0", { name: "a MAT-file" }],
  ["FEA1", { name: "a Feather file", hint: asArrow }],
  [
    "version https://git-lfs.github.com/spec/",
    { name: "a Git LFS pointer, not the file itself", hint: "fetch it with git lfs pull", plain: true },
  ],
];
