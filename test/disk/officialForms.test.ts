import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { getDataset } from "../../src/disk/getDataset.ts";
import { rawData } from "../../src/disk/rawData.ts";
import { writeNpy } from "../../src/formats/numpy/npyFile.ts";
import { writeZip } from "../../src/formats/zip/writeZip.ts";
import { cat, utf8 } from "../formats/hostile/bytes.ts";
import { greyPng, matArray, matHeader, matPacked, ppm } from "../formats/pictureFixtures.ts";
import { scratchFolder } from "../python.ts";

// Small files in the form that each set's publishers give theirs.

let folder: string;
beforeEach(() => {
  folder = scratchFolder();
  vi.stubEnv("RETORT_DATA", folder);
});
afterEach(() => vi.unstubAllEnvs());

async function write(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

describe("CIFAR-100", () => {
  const record = (group: number, fine: number) => cat(group, fine, new Uint8Array(3072).fill(fine));
  const lines = (n: number, word: string) => utf8(Array.from({ length: n }, (_, i) => `${word}${i}\n`).join(""));
  beforeEach(() =>
    write({
      "cifar-100/train.bin": cat(record(4, 30), record(19, 99)),
      "cifar-100/test.bin": record(1, 2),
      "cifar-100/fine_label_names.txt": lines(100, "fine"),
      "cifar-100/coarse_label_names.txt": lines(20, "coarse"),
    }),
  );

  it("has its hundred classes, and its twenty groups under a name of their own, from the same files", async () => {
    const [fine, coarse] = [rawData("cifar-100", "test"), rawData("cifar-100-coarse", "test")];
    const [a, b] = [await fine.split("train"), await coarse.split("train")];
    expect([a.classes, [...a.labels], a.classNames?.[30]]).toEqual([100, [30, 99], "fine30"]);
    expect([b.classes, [...b.labels], b.classNames?.[19]]).toEqual([20, [4, 19], "coarse19"]);
    expect(b.pixels).toEqual(a.pixels);
    expect([...(await coarse.split("test")).labels]).toEqual([1]);
    expect(await coarse.normalisation()).toEqual(await fine.normalisation());
    expect(await coarse.digest("train")).not.toBe(await fine.digest("train"));
  });

  it("groups of CIFAR-10 are refused", async () => {
    const { openSet } = await import("../../src/formats/open.ts");
    const { memorySource } = await import("../../src/formats/memorySource.ts");
    const bytes = cat(3, new Uint8Array(3072), 7, new Uint8Array(3072));
    await expect(openSet(memorySource(bytes), { coarse: true })).rejects.toThrow(/groups of classes.*got CIFAR-10/);
  });
});

describe("Tiny-ImageNet", () => {
  const ids = ["n01443537", "n01629819"];
  const files = new Map<string, Uint8Array>([
    ["tiny-imagenet-200/wnids.txt", utf8(ids.reverse().join("\n"))],
    ["tiny-imagenet-200/words.txt", utf8("n01443537\tgoldfish, Carassius auratus\nn01629819\tsalamander\n")],
    ...ids.flatMap((id) => [
      [`tiny-imagenet-200/train/${id}/${id}_boxes.txt`, utf8(`${id}_0.JPEG\t0\t10\t63\t58\n`)] as const,
      ...[0, 1].map((i) => [`tiny-imagenet-200/train/${id}/images/${id}_${i}.JPEG`, ppm(64, [i, 2, 3])] as const),
    ]),
    [
      "tiny-imagenet-200/val/val_annotations.txt",
      utf8("val_0.JPEG\tn01629819\t0\t32\t44\t62\nval_1.JPEG\tn01443537\t52\t55\t57\t59\n"),
    ],
    // Some are grey.
    ["tiny-imagenet-200/val/images/val_0.JPEG", greyPng(64, 9)],
    ["tiny-imagenet-200/val/images/val_1.JPEG", ppm(64, [7, 8, 9])],
    ["tiny-imagenet-200/test/images/test_0.JPEG", ppm(64, [1, 1, 1])],
    ["tiny-imagenet-200/test/images/test_1.JPEG", ppm(64, [1, 1, 1])],
  ]);

  it.each(["as the zip that is published", "unpacked"])("%s", async (form) => {
    if (form === "unpacked") await write(Object.fromEntries(files));
    else await write({ "tiny-imagenet-200.zip": writeZip(files, 6) });
    const path = join(folder, form === "unpacked" ? "tiny-imagenet-200" : "tiny-imagenet-200.zip");
    const data = rawData(form === "unpacked" ? `${folder}/./tiny-imagenet-200` : path, "test");
    const [train, test] = [await data.split("train"), await data.split("test")];
    expect([train.shape, [...train.labels], train.classNames]).toEqual([
      [4, 3, 64, 64],
      [0, 0, 1, 1],
      ["goldfish", "salamander"],
    ]);
    // The pictures of `test` have no labels: those of `val` are what is tested on.
    expect([test.shape, [...test.labels], test.classes]).toEqual([[2, 3, 64, 64], [1, 0], 2]);
    expect([test.pixels[0], test.pixels[2 * 4096], test.pixels[3 * 4096 + 4096]]).toEqual([9, 9, 8]);
  });
});

describe("MedMNIST", () => {
  const npz = (side: number, channels: 1 | 3, labels: (n: number) => number[][]) => {
    const halves = { train: 6, val: 2, test: 3 };
    const arrays = Object.entries(halves).flatMap(([split, n], k) => {
      const shape = channels === 1 ? [n, side, side] : [n, side, side, 3];
      const data = new Uint8Array(n * side * side * channels).map((_, i) => (channels === 3 ? i % 3 : k));
      const rows = labels(n);
      return [
        [`${split}_images.npy`, writeNpy({ dtype: "uint8", shape, data })] as const,
        [
          `${split}_labels.npy`,
          writeNpy({ dtype: "uint8", shape: [n, rows[0].length], data: Uint8Array.from(rows.flat()) }),
        ] as const,
      ];
    });
    return writeZip(new Map(arrays), 6);
  };
  const one = (n: number) => Array.from({ length: n }, (_, i) => [i % 3]);

  it.each([
    [28, 1],
    [64, 1],
    [28, 3],
    [64, 3],
  ] as const)("%i pixels, %i channels", async (side, channels) => {
    await write({ "x.npz": npz(side, channels, one) });
    const data = rawData(join(folder, "x.npz"), "test");
    const [train, test] = [await data.split("train"), await data.split("test")];
    expect([train.shape, [...train.labels], train.classes]).toEqual([[6, channels, side, side], [0, 1, 2, 0, 1, 2], 3]);
    expect([test.shape, [...test.labels]]).toEqual([
      [3, channels, side, side],
      [0, 1, 2],
    ]);
    // The validation half is neither.
    expect([...new Set(test.pixels)]).toEqual(channels === 1 ? [2] : [0, 1, 2]);
  });

  it("several findings an image are refused, by the name of the set before anything is fetched", async () => {
    await write({ "x.npz": npz(28, 1, (n) => Array.from({ length: n }, (_, i) => [i % 2, 0, 1])) });
    await expect(rawData(join(folder, "x.npz"), "test").split("train")).rejects.toThrow(/multi-label set of 3/);
    await expect(getDataset("chestmnist", { folder })).rejects.toThrow(/^data get: invalid dataset: .*got chestmnist/);
    expect(() => rawData("chestmnist-64", "test")).toThrow(/^test: invalid data: .*got chestmnist-64/);
  });

  it("one-hot labels of whole numbers are no such set", async () => {
    await write({ "x.npz": npz(28, 1, (n) => Array.from({ length: n }, (_, i) => [i % 2, 1 - (i % 2)])) });
    await expect(rawData(join(folder, "x.npz"), "test").split("train")).rejects.toThrow(/got a distilled set/);
  });
});

it("SVHN: digits of both halves, ten as zero", async () => {
  const half = (labels: number[], value: number) =>
    cat(
      matHeader,
      matPacked(matArray("X", [32, 32, 3, labels.length], new Uint8Array(3072 * labels.length).fill(value))),
      matPacked(matArray("y", [labels.length, 1], labels)),
    );
  await write({ "svhn/train_32x32.mat": half([10, 1, 9], 5), "svhn/test_32x32.mat": half([2], 6) });
  const data = rawData(join(folder, "svhn"), "test");
  expect([...(await data.split("train")).labels]).toEqual([0, 1, 9]);
  expect(await data.split("test")).toMatchObject({ shape: [1, 3, 32, 32], classes: 10, labels: Int32Array.of(2) });
});

describe("pictures of any size", () => {
  const wide = cat("P6\n48 16\n255\n", ...Array.from({ length: 48 * 16 }, (_, i) => [i % 48, 100, 200]));
  beforeEach(() =>
    write({
      "photos/train/cat/a.ppm": ppm(16, [1, 2, 3]),
      "photos/train/dog/b.ppm": wide,
      "photos/test/cat/c.png": greyPng(40, 77),
      "photos/test/dog/d.ppm": ppm(9, [4, 5, 6]),
    }),
  );

  it("are refused with the way out, and brought to one size by it", async () => {
    const path = join(folder, "photos");
    await expect(rawData(path, "test").split("train")).rejects.toThrow(/got 48 × 16; .*NAME@SIZE/);
    const data = rawData(`${path}@8`, "test");
    const [train, test] = [await data.split("train"), await data.split("test")];
    expect([data.name, train.name, train.shape, test.shape]).toEqual([
      "photos@8",
      "photos@8",
      [2, 3, 8, 8],
      [2, 3, 8, 8],
    ]);
    expect([...new Set(train.pixels.subarray(0, 192))]).toEqual([1, 2, 3]);
    // The middle of the wide one.
    const row = [...train.pixels.subarray(192, 200)];
    expect(row[0]).toBeGreaterThanOrEqual(16);
    expect(row[7]).toBeLessThanOrEqual(31);
    expect([...new Set(test.pixels.subarray(0, 192))]).toEqual([77]);
    expect((await data.normalisation()).kind).toBe("meanStd");
  });

  it("known sets and generated ones take a size too; a path that exists is taken as it stands", async () => {
    const strokes = rawData("strokes@16", "test", { strokes: { train: 4, test: 2 } });
    expect((await strokes.split("train")).shape).toEqual([4, 3, 16, 16]);
    expect(await strokes.normalisation()).toMatchObject({ name: "strokes@16 (measured)" });
    await write({ "odd@9/x/a.ppm": ppm(12, [1, 1, 1]), "odd@9/y/a.ppm": ppm(12, [2, 2, 2]) });
    expect((await rawData(join(folder, "odd@9"), "test").split("train")).shape).toEqual([2, 3, 12, 12]);
    expect(() => rawData("strokes@3", "test")).toThrow(/invalid size of data: expected @8 to @512/);
  });
});
