import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import { didYouMean } from "../core/suggestion.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { normalisationNamed } from "../data/normalise.ts";
import { ownNormalisation } from "../data/ownNormalisation.ts";
import { datasets } from "./datasets.ts";
import { damagedFiles, dataFolder } from "./getDataset.ts";
import { setDigest } from "./setDigest.ts";

export type Split = "train" | "test";

/** A raw dataset as a person named it. Nothing is read before it is asked for; each half is read once. */
export interface RawData {
  /** "fashion-mnist", "strokes", or the last part of a path. */
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

/**
 * Find a raw dataset: `strokes`, a known name in the data folder, or a path to a file or folder.
 *
 * @throws UsageError if there is nothing of that name.
 */
export function rawData(name: string, who: string, options: RawDataOptions = {}): RawData {
  if (name === "strokes") return generated(options.strokes ?? strokesSize, who, options.normalisation);
  const known = Object.hasOwn(datasets, name);
  const path = known ? join(dataFolder(), name) : name;
  if (!existsSync(path))
    throw new UsageError(
      known
        ? `${who}: missing data: expected ${name} in the data folder, got nothing at ${path}; get it with retort data get ${name}, set RETORT_DATA, or name its folder`
        : `${who}: unknown data: expected strokes, ${Object.keys(datasets).join(", ")} or a path, got ${JSON.stringify(name)}${didYouMean(name.replace(/^.*[/\\]/, ""), ["strokes", ...Object.keys(datasets)])}`,
    );
  return onDisk(path, known ? name : undefined, who, options.normalisation);
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

function onDisk(path: string, known: string | undefined, who: string, normalisation: string | undefined): RawData {
  const name = known ?? path.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "");
  let checked: Promise<void> | undefined;
  const half = once(async (split) => {
    if (known !== undefined) checked ??= checkWhole(path, known, who);
    await checked;
    const [{ openSet }, { fileSource }, { jpegDecoder }] = await Promise.all([
      import("../formats/open.ts"),
      import("./fileSource.ts"),
      import("./jpegDecoder.ts"),
    ]);
    const { set } = await openSet(await fileSource(path), { split, jpeg: await jpegDecoder() });
    if (set?.kind !== "labelled")
      throw new UsageError(
        `${who}: invalid data ${path}: expected raw images with labels, got ${set ? "a distilled set" : "no set"}`,
      );
    const names = classNames[name];
    return { ...set, name, ...(!set.classNames && names?.length === set.classes ? { classNames: names } : {}) };
  });
  return {
    name,
    split: async (split, images) => firstImages(await half(split), images),
    digest: async (split, images) => setDigest(firstImages(await half(split), images)),
    async normalisation() {
      if (normalisation !== undefined) return normalisationNamed(normalisation, who);
      return ownNormalisation(await half("train"));
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
