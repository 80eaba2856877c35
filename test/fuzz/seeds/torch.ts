import { deflateSync } from "fflate";
import { memoryFolder } from "../../../src/formats/memorySource.ts";
import { writeMtt } from "../../../src/formats/torch/writeTorch.ts";
import { smallSet } from "../../formats/arbitrarySet.ts";
import { cat, u32, u64 } from "../../formats/hostile/bytes.ts";
import * as p from "../../formats/hostile/pickles.ts";
import { legacyFile } from "../../formats/hostile/tensorCases.ts";
import { type EntryOptions, sixNumbers, torchEntries, torchFile, zip } from "../../formats/hostile/zips.ts";
import { pickleOps } from "../grammar.ts";
import { inFolder, plain, type Seed, wrapped } from "../Seed.ts";
import { numpyScalar, protocol4 } from "./pickles.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A tensor of this type, shape and storage, contiguous. */
function tensor(type: string, key: string, shape: readonly number[]): Bytes {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  return p.tensor({
    type: p.global("torch", `${type}Storage`),
    key: p.text(key),
    count: p.int(shape.reduce((a, b) => a * b, 1)),
    size: p.tuple(...shape.map(p.int)),
    stride: p.tuple(...strides.map(p.int)),
  });
}

const dcPickle = p.pickle(
  p.dict(
    ["data", p.list(p.list(p.tensor(), p.tensor({ type: p.global("torch", "IntStorage") })))],
    ["accs_all_exps", p.dict(["ConvNet", p.list(numpyScalar, numpyScalar)])],
  ),
);

const parameter = p.reduce(p.global("torch._utils", "_rebuild_parameter"), p.tensor(), cat(0x88), p.emptyOrderedDict);
const stateDict = p.pickle(
  p.build(
    cat(
      p.emptyOrderedDict,
      p.mark,
      p.text("weight"),
      parameter,
      p.text("size"),
      p.reduce(p.global("torch", "Size"), p.tuple(p.int(2))),
      "u",
    ),
    p.dict(["_metadata", p.emptyOrderedDict]),
  ),
);

/** Images and labels of every element type, with the storages they need. */
const mixed: readonly EntryOptions[] = [
  {
    name: "archive/data.pkl",
    content: p.pickle(
      p.dict(
        ["images", tensor("Double", "0", [2, 1, 1, 2])],
        ["labels", tensor("Long", "1", [2])],
        ["a", tensor("Half", "2", [2])],
        ["b", tensor("BFloat16", "3", [2])],
        ["c", tensor("Bool", "4", [2])],
        ["d", tensor("Char", "5", [2])],
        ["e", tensor("Short", "6", [2])],
      ),
    ),
  },
  { name: "archive/byteorder", content: cat("little") },
  ...[
    new Float64Array(4),
    new Float64Array(2),
    cat(0, 60, 1, 0),
    cat(128, 63, 1, 0),
    cat(0, 1),
    cat(255, 1),
    cat(255, 255, 1, 0),
  ].map((data, i) => ({
    name: `archive/data/${i}`,
    content: new Uint8Array("buffer" in data ? data.buffer : data) as Bytes,
  })),
  { name: "archive/version", content: cat("3\n") },
];

/** IDC's pair of pixels, [1, 1, 4, 4] in [0, 1]. */
const idcEntries = (pickle: Bytes): EntryOptions[] => [
  { name: "a/data.pkl", content: pickle },
  { name: "a/data/0", content: new Uint8Array(Float32Array.from({ length: 16 }, (_, i) => i / 15).buffer) },
  { name: "a/data/1", content: cat(u64(0)) },
  { name: "a/version", content: cat("3\n") },
];
const idcPickle = p.pickle(p.list(tensor("Float", "0", [1, 1, 4, 4]), tensor("Long", "1", [1])));

/** Sizes in the 64-bit extra field, as PyTorch writes them for large files. */
const wide = (entry: EntryOptions): EntryOptions => {
  const size = entry.content.length;
  const extra = cat(1, 0, 16, 0, u64(size), u64(size));
  return { ...entry, both: { size: 0xffffffff, packedSize: 0xffffffff, extra } };
};

/** Sizes after the data, as streaming writers leave them. */
const streamed = (entry: EntryOptions): EntryOptions => ({
  ...entry,
  both: { flags: 8 },
  local: { crc: 0, size: 0, packedSize: 0 },
  after: cat("PK\x07\x08", crcOf(entry), u32(entry.content.length), u32(entry.content.length)),
});

/** Counts and offsets in the 64-bit end record, as very large archives have them. */
function wideEnd(bytes: Uint8Array): Uint8Array {
  const end = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 22);
  const [count, size, start] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)];
  const at = bytes.length - 22;
  const record = cat(
    "PK\x06\x06",
    u64(44),
    [45, 0, 45, 0],
    u32(0),
    u32(0),
    u64(count),
    u64(count),
    u64(size),
    u64(start),
  );
  const locator = cat("PK\x06\x07", u32(0), u64(at), u32(1));
  return cat(bytes.subarray(0, at), record, locator, "PK\x05\x06", u32(0), u32(0xffffffff), u64(-1), [0, 0]);
}

const crcOf = ({ content }: EntryOptions) => zip([{ name: "x", content }]).slice(14, 18);

const packedPickle = torchEntries(dcPickle).map((entry) =>
  entry.name.endsWith("pkl") ? { ...entry, packed: deflateSync(entry.content) } : entry,
);

/** Seeds of `.pt`: pickles inside repaired archives, archives as a whole, the legacy form and its parts. */
export function torchSeeds(): Seed[] {
  const inside = [dcPickle, stateDict, p.pickle(p.tensor()), p.pickle(p.list(p.tensor(), numpyScalar)), protocol4];
  const legacy = [{}, { object: p.pickle(p.list(p.tensor({ view: [p.none] }), p.int(1))) }];
  return [
    ...inside.map((bytes) => wrapped(bytes, (pickle) => zip(torchEntries(new Uint8Array(pickle))), pickleOps)),
    wrapped(idcPickle, (pickle) => zip(idcEntries(pickle)), pickleOps),
    wrapped(mixed[0].content, (pickle) => zip([{ ...mixed[0], content: pickle }, ...mixed.slice(1)]), pickleOps),
    ...[
      torchEntries(dcPickle),
      mixed,
      torchEntries(dcPickle).map(wide),
      torchEntries(dcPickle).map(streamed),
      packedPickle,
    ].map((entries) => plain(zip(entries))),
    plain(torchFile(p.pickle(p.tensor()))),
    plain(wideEnd(torchFile(dcPickle))),
    ...legacy.map((parts) => plain(legacyFile(parts), pickleOps)),
    wrapped(sixNumbers, (numbers) =>
      zip(torchEntries(dcPickle).map((e) => (e.name.endsWith("/0") ? { ...e, content: numbers } : e))),
    ),
  ];
}

/** Seeds of tensors in several files: the MTT layout, and one split over parts. */
export function torchFolderSeeds(): Seed[] {
  const { files } = writeMtt(smallSet({ metadata: { lr: 1 } }));
  const [images, labels] = [files.get("images_best.pt"), files.get("labels_best.pt")] as [Uint8Array, Uint8Array];
  const parts = new Map([
    ["images_best_0.pt", images],
    ["images_best_1.pt", images],
    ["labels_best_0.pt", labels],
    ["labels_best_1.pt", labels],
  ]);
  const bare = p.pickle(tensor("Float", "0", [6, 1, 1, 1]));
  const numbers = torchEntries(p.pickle(tensor("Int", "0", [6])));
  const label = zip(numbers.map((e) => (e.name.endsWith("/0") ? { ...e, content: new Uint8Array(24) } : e)));
  const attack = (image: Uint8Array) =>
    new Map([
      ["image_syn_upda.pt", torchFile(new Uint8Array(image))],
      ["label_syn_upda.pt", label],
    ]);
  return [
    ...inFolder(files),
    ...inFolder(parts),
    { bytes: bare, grammar: pickleOps, wrap: (bytes) => memoryFolder(attack(bytes)) },
  ];
}
