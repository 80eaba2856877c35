import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { fileSource } from "../disk/fileSource.ts";
import { openDistilled } from "../disk/openDistilled.ts";
import { rawData, type Split } from "../disk/rawData.ts";
import type { Reading } from "../disk/reading.ts";
import { setPath } from "../disk/setPath.ts";
import type { Finding, Source } from "../formats/Format.ts";

/** What a file may leave open. */
export type OpenSettings = Reading;

/** A distilled set from a file, and what its reader noticed. */
export interface OpenedSet {
  readonly set: DistilledSet;
  readonly findings: readonly Finding[];
  /** Test accuracies that the file says its makers measured, per network, as fractions. */
  readonly accuracies: Readonly<Record<string, readonly number[]>>;
}

/**
 * Open a distilled set in any format that Retort reads. Nothing in the file is executed.
 *
 * @param paths a file, a folder (the run folder of a distillation too), or several files that belong together
 * @throws UsageError if there is no such file, it holds no distilled set, or nobody says its normalisation; DataError if it is
 * malformed; Refusal, a DataError with findings, if reading it elsewhere could run code.
 * @example
 * const { set } = await open("res_DC_CIFAR10_ConvNet_10ipc.pt", { normalisation: "cifar-10" });
 */
export async function open(paths: string | readonly string[], settings: OpenSettings = {}): Promise<OpenedSet> {
  const path = typeof paths === "string" ? paths : paths.join("+");
  const one = typeof paths === "string" ? setPath(paths) : paths;
  const { set, findings, accuracies = {} } = await openDistilled(await fileSource(one), settings, path, "open");
  return { set, findings, accuracies };
}

/**
 * Open raw images: `strokes`, the name of a dataset in the data folder (`retort data get`), or a path to files in a format of the field.
 *
 * @param split half of the data; default "test"
 * @param images the first so many; default: all
 * @throws UsageError if there are none of that name.
 * @example
 * const test = await openRaw("cifar-10", "test", 2000);
 */
export const openRaw = (data: string, split: Split = "test", images?: number): Promise<LabelledSet> =>
  rawData(data, "openRaw").split(split, images);

/**
 * Look at a file or folder without reading it yet: for `inspect`, which says what it is.
 *
 * @throws UsageError if there is no such file.
 * @example
 * const { inspection } = await inspect(await source("download.pt"));
 */
export const source = (paths: string | readonly string[]): Promise<Source> => fileSource(paths);
