import { deflateSync, zlibSync } from "fflate";
import type { Format, Source } from "../../src/data/formats/Format.ts";
import { memoryFolder, memorySource } from "../../src/data/formats/memorySource.ts";
import { setToNpz } from "../../src/data/formats/npz.ts";
import { writeNpy } from "../../src/data/formats/numpy/npyFile.ts";
import { setToSafetensors } from "../../src/data/formats/safetensors.ts";
import { writeMtt } from "../../src/data/formats/torch/writeTorch.ts";
import { crc32 } from "../../src/data/formats/zip/crc32.ts";
import { writeZip } from "../../src/data/formats/zip/writeZip.ts";
import * as formats from "../../src/data/formats.ts";
import { smallSet } from "../formats/arbitrarySet.ts";
import { cat, u16, u32, u64 } from "../formats/hostile/bytes.ts";
import * as p from "../formats/hostile/pickles.ts";
import { legacyFile } from "../formats/hostile/tensorCases.ts";
import { torchEntries, torchFile, zip } from "../formats/hostile/zips.ts";

/** Bytes to mutate, and how a reader gets to see them: checksums and lengths around them are put right again. */
export interface Seed {
  readonly bytes: Uint8Array;
  readonly wrap: (bytes: Uint8Array) => Source;
}

const plain = (bytes: Uint8Array): Seed => ({ bytes, wrap: (mutated) => memorySource(mutated) });
const wrapped = (bytes: Uint8Array, around: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): Seed => ({
  bytes,
  wrap: (mutated) => memorySource(around(new Uint8Array(mutated))),
});

const soft = smallSet({ labels: { kind: "soft", values: new Float32Array(8).fill(0.5), form: "probabilities" } });
const numpyDType = p.build(
  p.reduce(p.global("numpy", "dtype"), p.text("f8"), cat(0x89), cat(0x88)),
  p.tuple(p.int(3), p.text("<"), p.none, p.none, p.none, p.int(-1), p.int(-1), p.int(0)),
);
const scalar = p.reduce(p.global("numpy.core.multiarray", "scalar"), numpyDType, p.shortBytes("\0\0\0\0\0\0\xe0?"));
const dcPickle = p.pickle(
  p.dict(
    ["data", p.list(p.list(p.tensor(), p.tensor({ type: p.global("torch", "IntStorage") })))],
    ["accs_all_exps", p.dict(["ConvNet", p.list(scalar, scalar)])],
  ),
);
const array = p.build(
  p.reduce(
    p.global("numpy.core.multiarray", "_reconstruct"),
    p.global("numpy", "ndarray"),
    p.tuple(p.int(0)),
    p.shortBytes("b"),
  ),
  p.tuple(p.int(1), p.tuple(p.int(2)), numpyDType, cat(0x89), p.shortBytes("0123456789abcdef")),
);
const batch = p.pickle(p.dict(["data", array], ["labels", p.list(p.int(1), p.int(2))], ["name", p.shortBytes("x")]));

/** Put the length of a safetensors header right. */
function safetensorsHeader(header: Uint8Array, data: Uint8Array): Uint8Array {
  return cat(u64(header.length), header, data);
}

/** Put the checksums of a PNG's chunks right. */
function repairPng(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  for (let at = 8; at + 12 <= out.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > out.length) break;
    view.setUint32(at + 8 + length, crc32(out.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
  return out;
}

function png(width: number, height: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = cat(type, data);
    const length = u32(data.length).reverse();
    return cat(length, body, u32(crc32(body)).reverse());
  };
  const rows = new Uint8Array(height * (1 + 3 * width)).map((_, i) => (i % (1 + 3 * width) === 0 ? 0 : (i * 31) & 255));
  return cat(
    [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
    chunk("IHDR", cat(u32(width).reverse(), u32(height).reverse(), 8, 2, 0, 0, 0)),
    chunk("IDAT", zlibSync(rows)),
    chunk("IEND", cat()),
  );
}

/** A MAT-file of two arrays, the second one compressed. */
function matFile(): Uint8Array {
  const element = (type: number, data: Uint8Array) =>
    cat(u32(type), u32(data.length), data, new Uint8Array(-data.length & 7));
  const matrix = (name: string, shape: readonly number[], data: Uint8Array) =>
    element(
      14,
      cat(element(6, cat(u32(9), u32(0))), element(5, cat(...shape.map(u32))), element(1, cat(name)), element(2, data)),
    );
  const packed = zlibSync(matrix("y", [2, 1], cat(1, 10)));
  const header = cat("MATLAB 5.0 MAT-file", new Uint8Array(97).fill(32), new Uint8Array(8), u16(0x0100), "IM");
  return cat(
    header,
    matrix(
      "X",
      [4, 4, 3, 2],
      new Uint8Array(96).map((_, i) => i),
    ),
    u32(15),
    u32(packed.length),
    packed,
  );
}

/** A Flax checkpoint: x_proto [2, 4, 4, 1] and y_proto [2, 2], both float32. */
function flaxFile(): Uint8Array {
  const text = (value: string) => cat(0xa0 + value.length, value);
  const tensor = (shape: readonly number[], count: number) => {
    const data = new Uint8Array(new Float32Array(count).map((_, i) => i / count).buffer);
    const tuple = cat(0x93, 0x90 + shape.length, shape, text("float32"), 0xc4, data.length, data);
    return cat(0xc7, tuple.length, 1, tuple);
  };
  return cat(0x82, text("x_proto"), tensor([2, 4, 4, 1], 32), text("y_proto"), tensor([2, 2], 4));
}

function idxFiles(): Map<string, Uint8Array> {
  const big = (value: number) => u32(value).reverse();
  return new Map([
    ["train-images-idx3-ubyte", cat(0, 0, 8, 3, big(2), big(4), big(4), new Uint8Array(32).fill(7))],
    ["train-labels-idx1-ubyte", cat(0, 0, 8, 1, big(2), 1, 0)],
  ]);
}

const cifarRecords = cat(...Array.from({ length: 8 }, (_, i) => cat(i, new Uint8Array(3072).fill(i))));

/** Mutate one file of a folder, leave the others. */
function inFolder(files: ReadonlyMap<string, Uint8Array>): Seed[] {
  return [...files].map(([name, bytes]) => ({
    bytes,
    wrap: (mutated) => memoryFolder(new Map([...files, [name, mutated]])),
  }));
}

const handmade: Record<string, () => readonly Seed[]> = {
  torch: () => [
    plain(torchFile(dcPickle)),
    wrapped(dcPickle, (pickle) => torchFile(pickle)),
    wrapped(p.pickle(p.tensor()), (pickle) => torchFile(pickle)),
    plain(legacyFile()),
    wrapped(torchFile(dcPickle), (bytes) => bytes),
    plain(
      zip(
        torchEntries(dcPickle).map((entry) => ({
          ...entry,
          ...(entry.name.endsWith("pkl") ? { packed: deflateSync(entry.content) } : {}),
        })),
      ),
    ),
  ],
  torchFolder: () => inFolder(writeMtt(smallSet({ metadata: { lr: 1 } })).files),
  pythonPickle: () => [plain(batch), plain(p.pickle(p.list(scalar, p.tuple(scalar, p.none), p.int(-7), cat(0x88))))],
  npy: () => [plain(writeNpy({ dtype: "float32", shape: [2, 3], data: new Float32Array(6) }))],
  npz: () => [
    plain(setToNpz(smallSet())),
    plain(setToNpz(soft, true)),
    wrapped(writeNpy({ dtype: "float32", shape: [2, 3, 2, 2], data: new Float32Array(24) }), (bytes) =>
      writeZip(
        new Map([
          ["images.npy", bytes],
          ["labels.npy", writeNpy({ dtype: "int64", shape: [2], data: BigInt64Array.of(0n, 1n) })],
        ]),
      ),
    ),
  ],
  safetensors: () => {
    const bytes = setToSafetensors(smallSet({ classNames: ["a", "b"], metadata: { lr: [1, null, "x"] } }));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    return [
      plain(bytes),
      wrapped(bytes.subarray(8, 8 + length), (header) => safetensorsHeader(header, bytes.subarray(8 + length))),
      plain(setToSafetensors(soft)),
    ];
  },
  imageFolder: () => [
    ...inFolder(
      new Map([
        ["0/a.png", png(4, 4)],
        ["1/b.png", png(4, 4)],
      ]),
    ),
    {
      bytes: png(4, 4),
      wrap: (mutated) =>
        memoryFolder(
          new Map([
            ["0/a.png", repairPng(mutated)],
            ["1/b.png", png(4, 4)],
          ]),
        ),
    },
    plain(
      writeZip(
        new Map([
          ["0/a.png", png(4, 4)],
          ["1/b.png", png(4, 4)],
        ]),
      ),
    ),
  ],
  pictureGrid: () => [],
  parquet: () => [],
  mat: () => [plain(matFile())],
  flax: () => [plain(flaxFile())],
  idx: () => inFolder(idxFiles()),
  cifar: () => [
    plain(cifarRecords),
    ...inFolder(
      new Map([
        ["data_batch_1.bin", cifarRecords],
        ["test_batch.bin", cifarRecords],
      ]),
    ),
  ],
};

const pixels = Float32Array.from({ length: 4 * 3 * 8 * 8 }, (_, i) => ((i * 53) % 97) / 96);

/** Valid files of a format: handmade ones, and what its own writer writes. */
export async function seedsOf(name: string): Promise<readonly Seed[]> {
  const format = (formats as Record<string, Format>)[name];
  const seeds = [...(handmade[name]?.() ?? [])];
  if (format.write)
    for (const set of [smallSet({ normalisation: { kind: "unit" }, shape: [4, 3, 8, 8], images: pixels })]) {
      const { files } = await format.write(set);
      const [first] = files.values();
      if (files.size === 1) seeds.push(plain(first));
      if (files.size === 1 && first[0] === 0x89) seeds.push(wrapped(first, repairPng));
      if (files.size > 1) seeds.push(...inFolder(files));
    }
  return seeds;
}
