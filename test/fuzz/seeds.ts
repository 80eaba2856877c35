import type { DistilledSet, Format } from "../../src/formats/Format.ts";
import * as formats from "../../src/formats/formats.ts";
import { memorySource } from "../../src/formats/memorySource.ts";
import { smallSet } from "../formats/arbitrarySet.ts";
import { npyCases, safetensorsCases } from "../formats/hostile/arrayCases.ts";
import { pickleCases } from "../formats/hostile/pickleCases.ts";
import { tensorCases } from "../formats/hostile/tensorCases.ts";
import { zipCases } from "../formats/hostile/zipCases.ts";
import { pickleOps, pngChunks, texts, words } from "./grammar.ts";
import { repairPng } from "./repair.ts";
import { inFolder, plain, type Seed, wrapped } from "./Seed.ts";
import { flaxSeeds, npySeeds, npzSeeds, safetensorsSeeds } from "./seeds/arrays.ts";
import { pythonPickleSeeds } from "./seeds/pickles.ts";
import { imageFolderSeeds, pictureGridSeeds } from "./seeds/pictures.ts";
import { cifarSeeds, idxSeeds, matSeeds } from "./seeds/raw.ts";
import { parquetSeeds } from "./seeds/tables.ts";
import { torchFolderSeeds, torchSeeds } from "./seeds/torch.ts";

const handmade: Record<string, () => readonly Seed[] | Promise<readonly Seed[]>> = {
  torch: torchSeeds,
  torchFolder: torchFolderSeeds,
  pythonPickle: pythonPickleSeeds,
  npy: npySeeds,
  npz: npzSeeds,
  safetensors: safetensorsSeeds,
  imageFolder: imageFolderSeeds,
  pictureGrid: pictureGridSeeds,
  parquet: parquetSeeds,
  mat: matSeeds,
  flax: flaxSeeds,
  idx: idxSeeds,
  cifar: cifarSeeds,
};

const pixels = Float32Array.from({ length: 4 * 3 * 8 * 8 }, (_, i) => ((i * 53) % 97) / 96);

/** Valid files of a format: handmade ones, and what its own writer writes. */
export async function seedsOf(name: string): Promise<readonly Seed[]> {
  const format = (formats as Record<string, Format>)[name];
  const seeds = [...((await handmade[name]?.()) ?? [])];
  const base = smallSet({ normalisation: { kind: "unit" }, shape: [4, 3, 8, 8], images: pixels });
  const values = Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1);
  const soft: DistilledSet = { ...base, classNames: ["a", "b"], labels: { kind: "soft", form: "logits", values } };
  for (const set of [base, soft]) {
    const files = (await format.write?.(set))?.files;
    if (!files) break;
    const [first] = files.values();
    if (files.size === 1) seeds.push(plain(first));
    if (files.size === 1 && first[0] === 0x89) seeds.push(wrapped(first, repairPng, pngChunks));
    if (files.size > 1) seeds.push(...inFolder(files, words));
  }
  return seeds;
}

const hostileCases = [...pickleCases, ...tensorCases, ...zipCases, ...npyCases, ...safetensorsCases];

/** Hostile files that this reader feels responsible for: what grows from them need not have been valid first. */
export async function hostileSeedsOf(name: string): Promise<readonly Seed[]> {
  const format = (formats as Record<string, Format>)[name];
  const seeds: Seed[] = [];
  for (const { bytes } of hostileCases)
    if (bytes.length < 20_000 && (await format.detect(memorySource(bytes)).catch(() => 0)) > 0.1)
      seeds.push(plain(bytes, name === "pythonPickle" ? pickleOps : texts));
  return seeds;
}
