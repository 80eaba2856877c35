import { DataError } from "../../core/errors.ts";
import type { DistilledSet, Labels } from "../../data/DistilledSet.ts";
import { distilledFromPixels } from "../../data/eightBit.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Source } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { baseName } from "../rawSet.ts";
import { canonicalFormat, readMetadata } from "../safetensors/setMetadata.ts";
import { strictJson } from "../strictJson.ts";
import { tableText } from "../tableText.ts";
import { find, parseLabelTable } from "./labelTable.ts";

/** Name of the file that says what pictures we wrote mean: the text entries of our safetensors form, as JSON. */
export const setFile = "set.json";
export const labelFile = "labels.csv";
const maxBytes = 16 * 2 ** 20;

/**
 * See pictures that we wrote as the distilled set they were: `set.json` says what they mean, `labels.csv` the labels.
 *
 * @returns undefined if there is no such file or somebody else wrote it.
 * @throws DataError if it is ours and broken.
 */
export async function readOwnSet(
  folder: Source,
  raw: LabelledSet,
  paths: readonly string[],
  budget: Budget,
  who: string,
): Promise<DistilledSet | undefined> {
  const [json, csv] = [setFile, labelFile].map((name) => folder.files.find((file) => baseName(file.path) === name));
  if (!json || !csv || json.size > maxBytes) return undefined;
  budget.charge(5 * json.size, who, json.path);
  const entries = strictJson(tableText(await json.read(), `${who}: ${setFile}`), `${who}: ${setFile}`);
  if (!(entries instanceof Map) || entries.get("format") !== canonicalFormat) return undefined;
  for (const [name, value] of entries)
    if (typeof value !== "string")
      throw new DataError(`${who}: invalid ${setFile}: expected texts, got another ${name}`);
  const meta = readMetadata(entries as ReadonlyMap<string, string>, new Map());
  if (meta.parts.normalisation?.kind !== "unit")
    throw new DataError(`${who}: invalid ${setFile}: expected the normalisation unit, got another`);
  budget.charge(4 * raw.pixels.length, who, "images as floats");
  const classes = Math.max(raw.classes, meta.classes ?? 0);
  const table = meta.form && parseLabelTable(tableText(await csv.read(), `${who}: ${labelFile}`), labelFile);
  const labels: Labels | undefined = table && softLabels(table.soft, paths, classes, meta.form, who);
  const { name = raw.name, classNames, metadata = {} } = meta.parts;
  const { classNames: _, ...set } = distilledFromPixels(raw, metadata);
  return { ...set, name, classes, ...(labels ? { labels } : {}), ...(classNames ? { classNames } : {}) };
}

function softLabels(
  rows: ReadonlyMap<string, readonly number[]> | undefined,
  paths: readonly string[],
  classes: number,
  form: Extract<Labels, { kind: "soft" }>["form"] | undefined,
  who: string,
): Labels {
  const found = paths.map((path) => rows && find(rows, path));
  if (!form || found.some((row) => row?.length !== classes))
    throw new DataError(`${who}: invalid ${labelFile}: expected columns y0 … y${classes - 1}, got others`);
  return { kind: "soft", form, values: Float32Array.from((found as number[][]).flat()) };
}
