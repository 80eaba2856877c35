import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import { didYouMean } from "../core/suggestion.ts";
import { resized } from "../data/centreSquare.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { normalisationNamed } from "../data/normalise.ts";
import { ownNormalisation } from "../data/ownNormalisation.ts";
import { datasets, refusedDatasets } from "./datasets.ts";
import { damagedFiles, dataFolder } from "./getDataset.ts";
import { type RawName, rawNameOf, rawNames } from "./rawName.ts";
import { setDigest } from "./setDigest.ts";

export type Split = "train" | "test";

/** A raw dataset as a person named it. Nothing is read before it is asked for; each half is read once. */
export interface RawData {
  /** "fashion-mnist", "strokes", or the last part of a path; with `@SIZE` where images were brought to that size. */
  readonly name: string;
  /**
   * A half, or its first so many images; all where it has fewer.
   *
   * @throws DataError or UsageError where the half cannot be read.
   */
  split(split: Split, images?: number): Promise<LabelledSet>;
  /** `setDigest` of the same. What is generated and pinned is not drawn for it. */
  digest(split: Split, images?: number): Promise<string>;
  /** The field's mean and deviation of a known dataset, or those of the training half, measured. */
  normalisation(): Promise<Normalisation>;
}

export interface RawDataOptions {
  /** Registry name, overrides what the name of the data suggests. */
  readonly normalisation?: string;
  /** Images of `strokes`, which has no end. */
  readonly strokes?: Readonly<Record<Split, number>>;
}

// Chosen: 1 000 a class to distil from, as its normalisation was measured on; 200 a class to test on.
const strokesSize: Readonly<Record<Split, number>> = { train: 10_000, test: 2_000 };

/** Digests of `strokes` in these sizes, which take seconds to draw. A test draws them. */
export const strokesDigests: Readonly<Record<Split, string>> = {
  train: "4fc2cecde6bdc88070873f80fb26d5c504529f1cfc2f80cf29aa996248b72ced",
  test: "6930b93cef29c8f508a47cc3e48c159fb759ec44ad42ec0fe5a0b8bb95c5fe61",
};

/** What the classes are called, where the files do not say. */
const classNames: Readonly<Record<string, readonly string[]>> = {
  "fashion-mnist": [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
};

/** Most memory that reading a pinned set may take. Chosen: PathMNIST with 64 × 64 pixels holds 1.3 GB, unpacked beside its file, and a checked file is no bomb. */
const pinnedBytes = 8 * 2 ** 30;

/**
 * Find raw data: `strokes`, a known name in the data folder, `cifar-100-coarse`, or a path to a file or folder. `NAME@64` brings square
 * images of 64 pixels a side out of pictures of any size (`centreSquare`).
 *
 * @throws UsageError if there is nothing of that name.
 */
export function rawData(text: string, who: string, options: RawDataOptions = {}): RawData {
  const name = rawNameOf(text, who);
  const { dataset, bare, side } = name;
  if (dataset === "strokes") {
    const data = generated(options.strokes ?? strokesSize, who, options.normalisation);
    return side === undefined ? data : sized(data, side, who, options.normalisation);
  }
  if (Object.hasOwn(refusedDatasets, bare))
    throw new UsageError(`${who}: invalid data: expected one class an image, got ${bare}: ${refusedDatasets[bare]}`);
  const path = dataset === undefined ? bare : join(dataFolder(), dataset);
  if (!existsSync(path))
    throw new UsageError(
      dataset
        ? `${who}: missing data: expected ${dataset} in the data folder, got nothing at ${path}; get it with retort data get ${dataset}, set RETORT_DATA, or name its folder`
        : `${who}: unknown data: expected ${rawNames.join(", ")} or a path, got ${JSON.stringify(text)}${didYouMean(bare.replace(/^.*[/\\]/, ""), rawNames)}`,
    );
  return onDisk(path, name, who, options.normalisation);
}

/** Generated images of another size. */
function sized(data: RawData, side: number, who: string, normalisation: string | undefined): RawData {
  const name = `${data.name}@${side}`;
  const half = once(async (split) => ({ ...resized(await data.split(split), side), name }));
  return ofHalves(name, half, who, normalisation);
}

function generated(sizes: Readonly<Record<Split, number>>, who: string, normalisation: string | undefined): RawData {
  const size = (split: Split, images = sizes[split]) => Math.min(images, sizes[split]);
  const drawn = once(async (split, n: number) => {
    const { strokes } = await import("../data/generators/strokes.ts");
    return strokes(split, n);
  });
  return {
    name: "strokes",
    split: (split, images) => drawn(split, size(split, images)),
    async digest(split, images) {
      const n = size(split, images);
      return n === strokesSize[split] ? strokesDigests[split] : setDigest(await drawn(split, n));
    },
    normalisation: async () => normalisationNamed(normalisation ?? "strokes", who),
  };
}

function onDisk(path: string, given: RawName, who: string, normalisation: string | undefined): RawData {
  const { dataset, bare, coarse, side } = given;
  const base = dataset === undefined ? bare.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "") : bare;
  const name = side === undefined ? base : `${base}@${side}`;
  let checked: Promise<void> | undefined;
  const half = once(async (split) => {
    if (dataset !== undefined) checked ??= checkWhole(path, dataset, who);
    await checked;
    const [{ openSet }, { fileSource }, { jpegDecoder }] = await Promise.all([
      import("../formats/open.ts"),
      import("./fileSource.ts"),
      import("./jpegDecoder.ts"),
    ]);
    const { set } = await openSet(await fileSource(path), {
      ...{ split, side, jpeg: await jpegDecoder() },
      ...(coarse && { coarse }),
      ...(dataset !== undefined && { maxBytes: pinnedBytes }),
    });
    if (set?.kind !== "labelled")
      throw new UsageError(
        `${who}: invalid data ${path}: expected raw images with labels, got ${set ? "a distilled set" : "no set"}`,
      );
    const names = classNames[base];
    const named = { ...set, name, ...(!set.classNames && names?.length === set.classes ? { classNames: names } : {}) };
    return side === undefined ? named : resized(named, side);
  });
  return ofHalves(name, half, who, normalisation, side === undefined ? dataset : undefined);
}

/** @param dataset whose normalisation the field knows, where the images are those that it was measured on. */
function ofHalves(
  name: string,
  half: (split: Split) => Promise<LabelledSet>,
  who: string,
  normalisation: string | undefined,
  dataset?: string,
): RawData {
  return {
    name,
    split: async (split, images) => firstImages(await half(split), images),
    digest: async (split, images) => setDigest(firstImages(await half(split), images)),
    async normalisation() {
      if (normalisation !== undefined) return normalisationNamed(normalisation, who);
      const train = await half("train");
      return ownNormalisation(dataset === undefined ? train : { ...train, name: dataset });
    },
  };
}

/** What was downloaded is read only as it was downloaded. @throws DataError that names what is damaged. */
async function checkWhole(folder: string, name: string, who: string): Promise<void> {
  const [path] = await damagedFiles(folder, datasets[name]);
  if (path !== undefined)
    throw new DataError(
      `${who}: damaged file ${path}: expected what was downloaded, got another content; retort data get ${name} sets it aside and fetches it again`,
    );
}

/** Each half is read once, for each number of images where that matters. */
function once<Images extends number[]>(read: (split: Split, ...images: Images) => Promise<LabelledSet>): typeof read {
  const kept = new Map<string, Promise<LabelledSet>>();
  return (split, ...images) => {
    const name = [split, ...images].join();
    const set = kept.get(name) ?? read(split, ...images);
    kept.set(name, set);
    return set;
  };
}

/** The first so many images of a raw set; all of them where it has fewer. Shares memory with the set. */
function firstImages(set: LabelledSet, limit = Number.POSITIVE_INFINITY): LabelledSet {
  const [n, c, h, w] = set.shape;
  if (limit >= n) return set;
  const pixels = set.pixels.subarray(0, limit * c * h * w);
  return { ...set, shape: [limit, c, h, w], pixels, labels: set.labels.subarray(0, limit) };
}
