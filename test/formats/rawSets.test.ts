import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { cifar } from "../../src/formats/cifar.ts";
import type { Format, ReadOptions } from "../../src/formats/Format.ts";
import { flax } from "../../src/formats/flax.ts";
import { idx } from "../../src/formats/idx.ts";
import { mat } from "../../src/formats/mat.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { cat, u32, utf8 } from "./hostile/bytes.ts";
import { big, idxImages, idxLabels, matArray, matElement, matHeader, matPacked } from "./pictureFixtures.ts";

const folder = (files: Record<string, Uint8Array>) => memoryFolder(new Map(Object.entries(files)), "set");
const raw = async (format: Format, files: Record<string, Uint8Array>, options?: ReadOptions) =>
  (await format.read(folder(files), options)).set as LabelledSet;

describe("idx", () => {
  const train = {
    "train-images-idx3-ubyte": idxImages(2, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    "train-labels-idx1-ubyte": idxLabels([4, 0]),
  };
  const test = {
    "t10k-images-idx3-ubyte": idxImages(1, 2, 3, [9, 9, 9, 9, 9, 9]),
    "t10k-labels-idx1-ubyte": idxLabels([1]),
  };

  it("reads images with their labels, plain and gzipped", async () => {
    const packed = Object.fromEntries(Object.entries(train).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
    for (const files of [train, packed]) {
      const { format, set } = await openSet(folder(files));
      expect(format).toBe("idx");
      expect(set).toMatchObject({ kind: "labelled", shape: [2, 1, 2, 3], classes: 5 });
      expect([...(set as LabelledSet).pixels]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect([...(set as LabelledSet).labels]).toEqual([4, 0]);
    }
  });

  it("takes the half that is asked for, the training half by default", async () => {
    const both = { ...train, ...test };
    expect((await raw(idx, both)).shape[0]).toBe(2);
    expect((await raw(idx, both, { split: "test" })).shape[0]).toBe(1);
    await expect(idx.read(folder(train), { split: "test" })).rejects.toThrow(UsageError);
  });

  it("images alone are described, and their labels missed", async () => {
    const opened = await idx.read(memorySource(train["train-images-idx3-ubyte"], "x"));
    expect(opened.set).toBeUndefined();
    expect(opened.objects).toEqual([{ path: "x", dtype: "uint8", shape: [2, 2, 3], min: 1, max: 12 }]);
    expect(opened.findings.map(({ rule }) => rule)).toEqual(["labels-missing"]);
  });

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    ["fewer labels than images", { ...train, "train-labels-idx1-ubyte": idxLabels([1]) }, /invalid labels: expected 2/],
    [
      "two files of images",
      { "a-images": train["train-images-idx3-ubyte"], "b-images": train["train-images-idx3-ubyte"] },
      /one file of images/,
    ],
    ["floats", { x: cat(0, 0, 13, 1, big(1), 0, 0, 0, 0) }, /missing IDX file/],
    ["a count larger than the file", { x: cat(0, 0, 8, 3, big(0x7fffffff), big(28), big(28), 1) }, /missing IDX file/],
    ["a gzip trailer that lies", { x: lyingGzip() }, /invalid unpacked size/],
    ["a gzip of another size", { x: gzipSync(cat(idxImages(1, 1, 1, [7]), 0)) }, /invalid size of x|at most/],
    [
      "a wrong gzip checksum",
      { x: gzipSync(idxLabels([1, 2, 3])).map((byte, i, all) => (i === all.length - 8 ? byte ^ 1 : byte)) },
      /invalid gzip checksum/,
    ],
    ["a bomb", { x: gzipSync(idxImages(20_000, 100, 100, new Uint8Array(200_000_000))) }, /raise the byte limit/],
  ])("refuses %s", async (_, files, message) => {
    await expect(idx.read(folder(files), { maxBytes: 2 ** 26 })).rejects.toThrow(message);
  });
});

function lyingGzip(): Uint8Array {
  const bytes = gzipSync(idxImages(1, 1, 1, [7]));
  bytes.set(u32(0x7fffffff), bytes.length - 4);
  return bytes;
}

describe("cifar", () => {
  const record = (labels: number[], value: number) =>
    cat(
      ...labels,
      new Uint8Array(3072).map((_, i) => (value + i) & 255),
    );

  it("reads the batches in their order, with names", async () => {
    const files = {
      "data_batch_10.bin": record([3], 10),
      "data_batch_2.bin": cat(record([1], 1), record([9], 2)),
      "test_batch.bin": record([5], 5),
      "batches.meta.txt": utf8("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n"),
    };
    const set = await raw(cifar, files);
    expect(set).toMatchObject({ shape: [3, 3, 32, 32], classes: 10, classNames: [..."abcdefghij"] });
    expect([...set.labels]).toEqual([1, 9, 3]);
    expect([0, 3072, 6144].map((i) => set.pixels[i])).toEqual([1, 2, 10]);
    expect([...(await raw(cifar, files, { split: "test" })).labels]).toEqual([5]);
  });

  it("reads the fine classes of CIFAR-100", async () => {
    const set = await raw(cifar, { "train.bin": cat(record([19, 99], 1), record([0, 0], 2)) });
    expect(set).toMatchObject({ classes: 100, labels: Int32Array.of(99, 0) });
    expect(set.pixels[3072]).toBe(2);
  });

  it("a label that is no class is refused at its byte", async () => {
    const many = cat(...Array.from({ length: 40 }, (_, i) => record([i === 1 ? 77 : 2], 0)));
    const error = await cifar.read(memorySource(many)).catch((e) => e);
    expect(error.message).toMatch(/invalid CIFAR-10 label: expected a class below 10, got 77/);
    expect(error.offset).toBe(3073);
  });

  it("random bytes of the right length are not recognised", async () => {
    const noise = new Uint8Array(3073 * 16).map((_, i) => (i * 2654435761) >>> 24);
    expect(await cifar.detect(memorySource(noise))).toBe(0);
  });
});

describe("mat", () => {
  // X[y, x, c, n] = 100n + 20c + 4y + x, stored with y running fastest.
  const shape = [2, 3, 3, 2];
  const values: number[] = [];
  for (let n = 0; n < 2; n++)
    for (let c = 0; c < 3; c++)
      for (let x = 0; x < 3; x++) for (let y = 0; y < 2; y++) values.push(100 * n + 20 * c + 4 * y + x);
  const X = matArray("X", shape, values);
  const y = matArray("y", [2, 1], [10, 3]);

  it.each<[string, Uint8Array]>([
    ["plain", cat(matHeader, X, y)],
    ["compressed, as SVHN comes", cat(matHeader, matPacked(X), matPacked(y))],
    [
      "with labels as doubles",
      cat(matHeader, X, matArray("y", [2, 1], new Uint8Array(Float64Array.of(10, 3).buffer), 6, 9)),
    ],
  ])("reads images %s", async (_, bytes) => {
    const { set, findings } = await openSet(memorySource(bytes));
    const { pixels, labels } = set as LabelledSet;
    expect(set).toMatchObject({ kind: "labelled", shape: [2, 3, 2, 3], classes: 10 });
    expect([...pixels.subarray(0, 12)]).toEqual([0, 1, 2, 4, 5, 6, 20, 21, 22, 24, 25, 26]);
    expect(pixels[18]).toBe(100);
    expect([...labels]).toEqual([0, 3]);
    expect(findings.map(({ rule }) => rule)).toEqual(["labels-from-one"]);
  });

  const packedBomb = matPacked(matArray("X", [10_000, 10_000], new Uint8Array(50_000_000)));
  it.each<[string, Uint8Array, RegExp]>([
    ["a shape larger than the values", cat(matHeader, matArray("X", [99, 99], [1])), /invalid values of "X"/],
    ["a negative dimension", cat(matHeader, matArray("X", [0xffffffff, 1], [1])), /invalid shape/],
    ["nine dimensions", cat(matHeader, matArray("X", [1, 1, 1, 1, 1, 1, 1, 1, 1], [1])), /at most 8 dimensions/],
    ["an element beyond the end", cat(matHeader, u32(14), u32(1000), 1), /invalid element/],
    ["an unknown element", cat(matHeader, matElement(3, [1])), /unknown element/],
    [
      "a compressed element within a compressed one",
      cat(matHeader, matPacked(matPacked(X))),
      /invalid compressed element/,
    ],
    ["a bomb", cat(matHeader, packedBomb), /raise the byte limit/],
    ["a compressed element that is no zlib", cat(matHeader, u32(15), u32(20), new Uint8Array(20)), /zlib stream/],
    [
      "a compressed element that lies about its size",
      cat(matHeader, matPacked(cat(u32(14), u32(8), new Uint8Array(99)))),
      /got more/,
    ],
    // Found by the fuzzer: a megabyte of them took ten seconds.
    ["very many arrays", cat(matHeader, ...Array(1001).fill(matPacked(y))), /at most 1000 arrays/],
    [
      "labels that are no classes",
      cat(matHeader, X, matArray("y", [2, 1], new Uint8Array(Float64Array.of(0.5, 3).buffer), 6, 9)),
      /invalid label/,
    ],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(mat.read(memorySource(bytes), { maxBytes: 2 ** 24 })).rejects.toThrow(message);
  });
});

describe("flax", () => {
  const text = (value: string) => cat(0xa0 + value.length, value);
  const array = (shape: number[], data: Uint8Array, dtype = "float32") => {
    const tuple = cat(0x93, 0x90 + shape.length, shape, text(dtype), 0xc4, data.length, data);
    return cat(0xc7, tuple.length, 1, tuple);
  };
  const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
  const images = array([2, 2, 2, 3], floats(...Array.from({ length: 24 }, (_, i) => i)));

  it("reads x_proto and y_proto, also inside a dictionary", async () => {
    const inner = cat(0x82, text("x_proto"), images, text("y_proto"), array([2, 2], floats(0.9, -0.1, -0.1, 0.9)));
    for (const bytes of [inner, cat(0x81, text("ema"), inner)]) {
      const { format, set } = await openSet(memorySource(bytes));
      expect(format).toBe("flax");
      expect(set).toMatchObject({
        kind: "distilled",
        shape: [2, 3, 2, 2],
        classes: 2,
        labels: { kind: "soft", form: "centred" },
      });
      expect([...(set?.kind === "distilled" ? set.images.subarray(0, 8) : [])]).toEqual([0, 3, 6, 9, 1, 4, 7, 10]);
    }
  });

  const nested = (depth: number) => cat(0x81, text("a"), ...Array.from({ length: depth }, () => [0x91]), 0xc0);
  it.each<[string, Uint8Array, RegExp]>([
    ["a thousand levels", nested(1000), /invalid nesting: expected at most 32 levels/],
    ["four thousand million values", cat(0x81, text("a"), 0xdd, big(0xffffffff)), /invalid length/],
    ["bytes beyond the end", cat(0x81, text("a"), 0xc6, big(0xffffffff), 1), /expected 4294967295 bytes/],
    ["a key twice", cat(0x82, text("a"), 1, text("a"), 2), /each once/],
    ["a number as a key", cat(0x82, text("a"), 1, 7, 2), /expected text, got number/],
    ["the reserved byte", cat(0x81, text("a"), 0xc1), /reserved byte c1/],
    ["bytes left over", cat(0x81, text("a"), 1, 2), /1 more bytes/],
    ["text that is not UTF-8", cat(0x81, text("a"), 0xa1, 0xff), /UTF-8/],
    ["an array of objects", cat(0x81, text("a"), array([1], cat(1, 2, 3, 4), "object")), /unknown type of an array/],
    ["an array shorter than its shape", cat(0x81, text("a"), array([100], cat(1, 2, 3, 4))), /expected 400 bytes/],
    ["chunks", cat(0x81, text("a"), 0x81, chunked()), /in one piece/],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(flax.read(memorySource(bytes))).rejects.toThrow(message);
  });
});

/** `{"__msgpack_chunked_array__": true}` without its map byte. */
function chunked(): Uint8Array {
  const key = "__msgpack_chunked_array__";
  return cat(0xd9, key.length, key, 0xc3);
}
