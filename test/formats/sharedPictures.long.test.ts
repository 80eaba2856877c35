import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toEightBit } from "../../src/data/eightBit.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import { jpegDecoder } from "../../src/disk/jpegDecoder.ts";
import { openArchive } from "../../src/formats/archiveSource.ts";
import type { ReadOptions } from "../../src/formats/Format.ts";
import { Budget } from "../../src/formats/limits.ts";
import { openSet } from "../../src/formats/open.ts";
import { stackPictures } from "../../src/formats/pictures/stackPictures.ts";
import { naturalOrder } from "../../src/formats/rawSet.ts";
import { sharedData } from "../shared.ts";
import { skip } from "../skip.ts";

interface Digest {
  readonly shape: readonly number[];
  readonly sha256: string;
  readonly labels?: string;
}
const golden: Record<string, Digest> = JSON.parse(
  readFileSync(new URL("./golden/pictures.json", import.meta.url), "utf8"),
);

const sha256Hex = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const here = sharedData() !== undefined;
const jpeg = await jpegDecoder();
if (!here) console.warn("skipped: no folder of real files (RETORT_SHARED)");

const tiny = "tiny-imagenet-200/tiny-imagenet-200-10classes.tar.gz";
const counted = (k: number, ipc: number) => Array.from({ length: k * ipc }, (_, i) => Math.floor(i / ipc));

/** Name in the golden file → path, options, format, classes, first labels. */
const sets: Record<string, [path: string, options: ReadOptions, format: string, classes: number, labels: number[]]> = {
  "mnist train": ["mnist", { split: "train" }, "idx", 10, [5, 0, 4, 1, 9, 2, 1, 3]],
  "mnist test": ["mnist", { split: "test" }, "idx", 10, [7, 2, 1, 0, 4, 1, 4, 9]],
  "fashion-mnist train": ["fashion-mnist", { split: "train" }, "idx", 10, [9, 0, 0, 3, 0, 2, 7, 2]],
  "fashion-mnist test": ["fashion-mnist", { split: "test" }, "idx", 10, [9, 2, 1, 1, 6, 1, 4, 6]],
  "cifar10-jpeg train": ["formats/images/cifar10-jpeg", { jpeg }, "imageFolder", 4, counted(4, 3)],
  "cifar10-jpeg test": ["formats/images/cifar10-jpeg", { jpeg, split: "test" }, "imageFolder", 4, counted(4, 3)],
  "tiny train": [tiny, { jpeg }, "imageFolder", 10, counted(10, 250)],
  "tiny test": [tiny, { jpeg, split: "test" }, "imageFolder", 10, []],
};

describe.skipIf(skip(!here, "no published sets here"))("real pictures: every pixel as PIL and NumPy read it", () => {
  for (const [name, [path, options, format, classes, labels]] of Object.entries(sets)) {
    const needsJpeg = "jpeg" in options;
    it.skipIf(skip(needsJpeg && !jpeg, "no JPEG decoder"))(name, async () => {
      const opened = await openSet(await fileSource(sharedData(path) as string), options);
      const { set } = opened;
      expect(opened.format).toBe(format);
      if (set?.kind !== "labelled") throw new Error("expected a raw set");
      expect([set.shape, set.classes]).toEqual([golden[name].shape, classes]);
      expect(sha256Hex(set.pixels)).toBe(golden[name].sha256);
      expect([...set.labels.subarray(0, labels.length)]).toEqual(labels);
      if (golden[name].labels) expect(sha256Hex(Uint8Array.from(set.labels))).toBe(golden[name].labels);
    });
  }

  it.skipIf(skip(!jpeg, "no JPEG decoder"))(
    "Tiny-ImageNet: grey pictures are counted, classes named, annotations used",
    async () => {
      const { set, findings } = await openSet(await fileSource(sharedData(tiny) as string), { jpeg, split: "test" });
      expect(set?.classNames?.slice(0, 3)).toEqual(["bullfrog", "Egyptian cat", "basketball"]);
      if (set?.kind !== "labelled") throw new Error("expected a raw set");
      expect(Array.from({ length: 10 }, (_, k) => set.labels.filter((label) => label === k).length)).toEqual(
        new Array(10).fill(50),
      );
      expect(findings.find(({ rule }) => rule === "grey-pictures")?.message).toMatch(/^9 of 500/);
      expect(findings.find(({ rule }) => rule === "label-source")?.message).toMatch(/val_annotations/);
    },
  );

  const names = "cifar10 cifar100 mnist fashionMNIST".split(" ");
  it.each(names)("flat folder of named pictures: %s", async (prefix) => {
    const folder = sharedData("formats/images/foolbox") as string;
    const chosen = (await readdir(folder)).filter((name) => name.startsWith(`${prefix}_`));
    const { set } = await openSet(await fileSource(chosen.map((name) => join(folder, name))));
    if (set?.kind !== "labelled") throw new Error("expected a raw set");
    expect(set.shape).toEqual(golden[`foolbox ${prefix}`].shape);
    expect(sha256Hex(set.pixels)).toBe(golden[`foolbox ${prefix}`].sha256);
    expect([...set.labels]).toEqual(chosen.sort().map((name) => Number(/_(\d+)\.png$/.exec(name)?.[1])));
  });

  it("the flat folder as a whole holds four sets, and is refused for that", async () => {
    const source = await fileSource(sharedData("formats/images/foolbox") as string);
    await expect(openSet(source)).rejects.toThrow(/got 4 \(cifar10, cifar100, fashionMNIST, mnist\)/);
  });

  it("the zip has no labels, and its pictures are exact", async () => {
    const source = await fileSource(sharedData("formats/images/kaggle_cifar10_train_tiny.zip") as string);
    const { set, objects, findings } = await openSet(source);
    expect([set, objects[0].shape]).toEqual([undefined, golden.kaggle.shape]);
    expect(findings.map(({ rule }) => rule)).toEqual(["labels-missing"]);
    const { files } = await openArchive(source, new Budget());
    const { pixels } = await stackPictures(naturalOrder(files), new Budget(), "test");
    expect(sha256Hex(pixels)).toBe(golden.kaggle.sha256);
  });

  const grids = Object.keys(golden).filter((name) => name.startsWith("grid "));
  it.each(grids)("%s", async (name) => {
    const folder = /_(DM|DSA)_/.test(name) ? "dc_benchmark-pictures" : "Distill-Generalization";
    const { format, set } = await openSet(
      await fileSource(sharedData(`distilled/${folder}/${name.slice(5)}`) as string),
    );
    if (set?.kind !== "distilled") throw new Error("expected a distilled set");
    expect([format, set.shape, set.classes, set.normalisation.kind]).toEqual([
      "pictureGrid",
      golden[name].shape,
      10,
      "unit",
    ]);
    expect(sha256Hex(toEightBit(set).pixels)).toBe(golden[name].sha256);
    const ipc = set.shape[0] / 10;
    expect(set.labels).toEqual({ kind: "hard", classes: Int32Array.from(counted(10, ipc)) });
  });
});
