import { cat } from "../../formats/hostile/bytes.ts";
import * as p from "../../formats/hostile/pickles.ts";
import { pickleOps } from "../grammar.ts";
import { inFolder, plain, type Seed } from "../Seed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const minusOne = p.int(-1);

/** A NumPy element type as it is pickled: name, then its state. */
function numpyType(code: string, order = "<"): Bytes {
  return p.build(
    p.reduce(p.global("numpy", "dtype"), p.text(code), cat(0x89), cat(0x88)),
    p.tuple(p.int(3), p.text(order), p.none, p.none, p.none, minusOne, minusOne, p.int(0)),
  );
}

/** A NumPy array as it is pickled. */
function numpyArray(shape: readonly number[], type: Bytes, data: Bytes): Bytes {
  return p.build(
    p.reduce(
      p.global("numpy.core.multiarray", "_reconstruct"),
      p.global("numpy", "ndarray"),
      p.tuple(p.int(0)),
      p.shortBytes("b"),
    ),
    p.tuple(p.int(1), p.tuple(...shape.map(p.int)), type, cat(0x89), data),
  );
}

/** A NumPy float64 number: 0.5. */
export const numpyScalar = p.reduce(
  p.global("numpy.core.multiarray", "scalar"),
  numpyType("f8"),
  p.shortBytes("\0\0\0\0\0\0\xe0?"),
);

/** Bytes as Python 3 writes them in protocol 2. */
const encoded = p.reduce(p.global("_codecs", "encode"), p.text("01234567"), p.text("latin1"));

/** One CIFAR image as a 32-bit sized byte string. */
const image = cat("B", [0, 12, 0, 0], new Uint8Array(3072).fill(9));
const cifarBatch = (labels: string) =>
  p.dict(
    ["data", numpyArray([1, 3072], numpyType("u1", "|"), image)],
    [labels, p.list(p.int(1))],
    ["filenames", p.list(p.shortBytes("a.png"))],
  );

/** Protocol 4: a frame, short texts, memo slots by count, names from the stack. */
export const protocol4 = cat(
  p.proto(4),
  cat(0x95, [64, 0, 0, 0, 0, 0, 0, 0]),
  cat("}", 0x94, "("),
  cat(p.shortText("x"), 0x94, "]", 0x94, "(K\x01K\x02e"),
  cat(
    p.shortText("y"),
    0x94,
    p.shortText("collections"),
    0x94,
    p.shortText("OrderedDict"),
    0x94,
    0x93,
    0x94,
    ")R",
    0x94,
  ),
  cat(p.shortText("z"), 0x94, cat(0x8f), 0x94, "h\x02", "K\x07"),
  "u.",
);

const arrays = p.dict(
  ["images", numpyArray([2, 1, 1, 1], numpyType("f4"), p.shortBytes("01234567"))],
  ["labels", numpyArray([2], numpyType("i4"), encoded)],
  ["note", p.shortBytes("x")],
);

/** Seeds of plain pickles: CIFAR batches alone and as a folder, dictionaries of arrays, every protocol that is read. */
export function pythonPickleSeeds(): Seed[] {
  const batch = p.pickle(cifarBatch("labels"));
  const folder = new Map([
    ["data_batch_1", batch],
    ["data_batch_2", p.pickle(cifarBatch("labels"), 3)],
    ["test_batch", batch],
    ["batches.meta", p.pickle(p.dict(["label_names", p.list(p.text("a"), p.shortBytes("b"))]))],
  ]);
  const pickles = [
    p.pickle(arrays),
    p.pickle(p.list(numpyScalar, p.tuple(numpyScalar, p.none), p.int(-7), p.int(2 ** 40), cat(0x88))),
    p.pickle(cifarBatch("fine_labels"), 4),
    batch,
    protocol4,
  ];
  return [...pickles.map((bytes) => plain(bytes, pickleOps)), ...inFolder(folder, pickleOps)];
}
