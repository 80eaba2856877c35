import { setToNpz } from "../../../src/formats/npz.ts";
import { writeNpy } from "../../../src/formats/numpy/npyFile.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import { writeZip } from "../../../src/formats/zip/writeZip.ts";
import { smallSet } from "../../formats/arbitrarySet.ts";
import { cat, u16, u32 } from "../../formats/hostile/bytes.ts";
import { msgpackValues, words } from "../grammar.ts";
import { safetensorsFile } from "../repair.ts";
import { plain, type Seed, wrapped } from "../Seed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const soft = smallSet({ labels: { kind: "soft", values: new Float32Array(8).fill(0.5), form: "probabilities" } });

/** A `.npy` file with this header. */
const npyFile = (header: Uint8Array, data: Uint8Array, version = 1): Bytes =>
  cat(0x93, "NUMPY", version, 0, version === 1 ? u16(header.length) : u32(header.length), header, data);
const npyHeader = (descr: string, order: "True" | "False", shape: string) =>
  cat(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`);

/** Each element type NumPy writes, one array of twelve bytes or twice as many. */
const headers = [
  ...["|u1", "|i1", "|b1"].map((type) => npyHeader(type, "False", "12,")),
  ...["<u2", "<i2", "<f2"].map((type) => npyHeader(type, "True", "3, 2")),
  ...["<u4", "<i4", "<f4"].map((type) => npyHeader(type, "True", "1, 3, 1")),
];
const twelve = cat(new Uint8Array(12));

export function npySeeds(): Seed[] {
  return [
    plain(writeNpy({ dtype: "float32", shape: [2, 3], data: new Float32Array(6) })),
    plain(npyFile(npyHeader("<i8", "False", ""), new Uint8Array(8), 2)),
    plain(npyFile(npyHeader("<f8", "True", "2, 1, 1, 1"), new Uint8Array(16), 3)),
    ...headers.map((header) => wrapped(header, (bytes) => npyFile(bytes, twelve), words)),
  ];
}

const npzOf = (images: Uint8Array, labels: Uint8Array) =>
  writeZip(
    new Map([
      ["images.npy", images],
      ["labels.npy", labels],
    ]),
  );

export function npzSeeds(): Seed[] {
  const images = writeNpy({ dtype: "float32", shape: [2, 2, 2, 3], data: new Float32Array(24) });
  const labels = writeNpy({ dtype: "float32", shape: [2, 2], data: Float32Array.of(0.9, -0.1, -0.1, 0.9) });
  const half = (name: string) => [
    [`${name}_images.npy`, writeNpy({ dtype: "uint8", shape: [2, 2, 2], data: new Uint8Array(8) })] as const,
    [`${name}_labels.npy`, writeNpy({ dtype: "uint8", shape: [2, 1], data: Uint8Array.of(0, 1) })] as const,
  ];
  const medmnist = new Map<string, Uint8Array>([...half("train"), ...half("test")]);
  const withScalar = new Map<string, Uint8Array>([
    ["images.npy", images],
    ["labels.npy", labels],
    ["k.npy", writeNpy({ dtype: "float32", shape: [], data: Float32Array.of(8) })],
  ]);
  return [
    plain(setToNpz(smallSet())),
    plain(setToNpz(soft, true)),
    plain(writeZip(medmnist)),
    plain(writeZip(withScalar)),
    wrapped(images, (bytes) => npzOf(bytes, labels)),
    wrapped(labels, (bytes) => npzOf(images, bytes)),
    wrapped(npyHeader("|u1", "True", "2, 1, 2, 3"), (header) => npzOf(npyFile(header, twelve), labels), words),
  ];
}

/** A safetensors file of one tensor of each element type. */
function everyType(): { header: Bytes; data: Bytes } {
  const types = { F64: 8, I64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, I8: 1, U8: 1, BOOL: 1 };
  let at = 0;
  const entries = Object.entries(types).map(([dtype, size]) => {
    const tensor = `"${dtype}":{"dtype":"${dtype}","shape":[1,2],"data_offsets":[${at},${at + 2 * size}]}`;
    at += 2 * size;
    return tensor;
  });
  return { header: cat(`{"__metadata__":{"format":"pt"},${entries.join(",")}}`), data: new Uint8Array(at) };
}

export function safetensorsSeeds(): Seed[] {
  const side = 4 * 3;
  const whitening = {
    mean: new Float32Array(side),
    matrix: new Float32Array(side * side),
    inverse: new Float32Array(side * side),
  };
  const sets = [
    smallSet({ classNames: ["a", "b"], metadata: { lr: [1, null, "x"] } }),
    soft,
    smallSet({
      images: new Float32Array(4 * side),
      shape: [4, 3, 2, 2],
      normalisation: { kind: "zca", name: "cifar-10", whitening },
    }),
    smallSet({ normalisation: { kind: "meanStd", name: "x", mean: [0, 0, 0], std: [1, 1, 1] } }),
  ];
  const files = sets.map((set) => {
    const bytes = setToSafetensors(set);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    return { header: bytes.slice(8, 8 + length), data: bytes.slice(8 + length) };
  });
  return [...files, everyType()].flatMap(({ header, data }) => [
    wrapped(header, (mutated) => safetensorsFile(mutated, data), words),
    plain(safetensorsFile(header, data), words),
  ]);
}

const text = (value: string) => cat(0xa0 + value.length, value);

/** An array as Flax packs it: an extension of type 1 around shape, type and bytes. */
function flaxArray(shape: readonly number[], dtype: string, data: Bytes): Bytes {
  const tuple = cat(0x93, 0x90 + shape.length, shape, text(dtype), 0xc4, data.length, data);
  return cat(0xc7, tuple.length, 1, tuple);
}

/** MessagePack of FRePo's set, nested as in a training state; and one value of every kind. */
export function flaxSeeds(): Seed[] {
  const images = flaxArray(
    [2, 4, 4, 1],
    "float32",
    new Uint8Array(Float32Array.from({ length: 32 }, (_, i) => i).buffer),
  );
  const labels = flaxArray([2, 2], "float32", new Uint8Array(16));
  const proto = cat(0x82, text("x_proto"), images, text("y_proto"), labels);
  const kinds = cat(
    ...[cat(0xc0), cat(0xc2), cat(0xc3), cat(0xca, 0, 0, 0, 0), cat(0xcb, new Uint8Array(8)), cat(0xcc, 1)],
    ...[cat(0xcd, 0, 1), cat(0xce, 0, 0, 0, 1), cat(0xcf, new Uint8Array(8)), cat(0xd0, 255), cat(0xd1, 255, 255)],
    ...[cat(0xd2, 0, 0, 0, 1), cat(0xd3, new Uint8Array(8).fill(255)), cat(0xd9, 1, "a"), cat(0xda, 0, 1, "b")],
    ...[
      cat(0xdb, 0, 0, 0, 1, "c"),
      cat(0xc5, 0, 1, 7),
      cat(0xc6, 0, 0, 0, 1, 7),
      cat(0xd4, 5, 1),
      cat(0xe0),
      cat(0x7f),
    ],
    ...[cat(0xdc, 0, 1, 1), cat(0xdd, 0, 0, 0, 1, 1), cat(0xde, 0, 1, text("k"), 1), cat(0xd5, 5, 0, 0)],
  );
  const types = ["uint8", "int8", "bool"].map((dtype) => flaxArray([3], dtype, cat(0, 1, 1)));
  const wide = ["float16", "int16", "bfloat16"].map((dtype) => flaxArray([2], dtype, cat(0, 1, 1, 0)));
  const one = cat(0x93, 0x90, text("int32"), 0xc4, 4, [1, 0, 0, 0]);
  return [
    plain(proto, msgpackValues),
    plain(cat(0x82, text("step"), 7, text("params"), proto), msgpackValues),
    plain(cat(0x82, text("all"), 0xdc, 0, 25, kinds, text("types"), 0x96, ...types, ...wide), msgpackValues),
    plain(cat(0x81, text("n"), cat(0xc7, one.length, 3, one)), msgpackValues),
  ];
}
