import { UsageError } from "../../core/errors.ts";
import { type DistilledSet, hardClasses } from "../../data/DistilledSet.ts";
import { eightBitLosses, toEightBit } from "../../data/eightBit.ts";
import { describeNormalisation, unit } from "../../data/normalise.ts";
import type { Written } from "../Format.ts";
import { writeMetadata } from "../safetensors/setMetadata.ts";
import { csvCell } from "./csvRows.ts";
import { encodePng } from "./encodePng.ts";
import { labelFile, setFile } from "./ownFolder.ts";

/**
 * Write a set as `00003/class00003_id00000.png` (the naming of RDED), `labels.csv` in the order of the set, and `set.json`.
 *
 * Soft labels stand in columns y0 … y(K−1); the folder of a picture is the class of its largest label.
 *
 * @throws UsageError if the set has neither one nor three channels, or its normalisation cannot be undone.
 */
export async function writeImageFolder(set: DistilledSet): Promise<Written> {
  const [n, channels, height, width] = set.shape;
  const eight = toEightBit(set);
  const classes = hardClasses(set);
  const files = new Map<string, Uint8Array>();
  const used = new Map<number, number>();
  const { labels } = set;
  const columns = labels.kind === "soft" ? Array.from({ length: set.classes }, (_, k) => `y${k}`) : [];
  const rows = [["file", "label", ...columns].join(",")];
  for (let i = 0; i < n; i++) {
    const index = used.get(classes[i]) ?? 0;
    used.set(classes[i], index + 1);
    const folder = String(classes[i]).padStart(5, "0");
    const path = `${folder}/class${folder}_id${String(index).padStart(5, "0")}.png`;
    const size = channels * height * width;
    files.set(path, encodePng(eight.pixels.subarray(i * size, (i + 1) * size), channels, height, width));
    const soft = labels.kind === "soft" ? [...labels.values.subarray(i * set.classes, (i + 1) * set.classes)] : [];
    if (!soft.every(Number.isFinite))
      throw new UsageError(`imageFolder: invalid labels: expected finite numbers, got others in row ${i}`);
    rows.push([csvCell(path), classes[i], ...soft].join(","));
  }
  files.set(labelFile, new TextEncoder().encode(`${rows.join("\n")}\n`));
  files.set(setFile, new TextEncoder().encode(`${JSON.stringify(writeMetadata(asUnit(set)), null, 2)}\n`));
  return { files, losses: eightBitLosses(set, eight) };
}

/** The set as its pictures hold it: pixel units, with a word about what they were made from. */
export function asUnit(set: DistilledSet): DistilledSet {
  if (set.normalisation.kind === "unit") return set;
  const madeFrom = describeNormalisation(set.normalisation);
  return { ...set, normalisation: unit, metadata: { ...set.metadata, madeFromNormalisation: madeFrom } };
}
