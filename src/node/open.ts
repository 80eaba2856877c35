import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { fileSource } from "../disk/fileSource.ts";
import { jpegDecoder } from "../disk/jpegDecoder.ts";
import { openDistilled } from "../disk/openDistilled.ts";
import { rawData, type Split } from "../disk/rawData.ts";
import { openedNormalisation, whiteningLookup } from "../disk/whitening/namedWhitening.ts";
import type { Finding, Source } from "../formats/Format.ts";
import type { OpenOptions } from "../formats/open.ts";

export interface OpenSettings extends Omit<OpenOptions, "normalisation" | "jpeg" | "whitening"> {
  /** What was done to the pixels, where the file does not say: a name (`cifar-10`, `zca-cifar-10`, `unit`) or numbers. */
  readonly normalisation?: Normalisation | string;
}

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
 * @param paths a file, a folder, or several files that belong together
 * @throws UsageError if there is no such file, it holds no distilled set, or nobody says its normalisation; DataError if it is
 * malformed; Refusal, a DataError with findings, if reading it elsewhere could run code.
 * @example
 * const { set } = await open("res_DC_CIFAR10_ConvNet_10ipc.pt", { normalisation: "cifar-10" });
 */
export async function open(paths: string | readonly string[], settings: OpenSettings = {}): Promise<OpenedSet> {
  const { normalisation, ...options } = settings;
  const path = typeof paths === "string" ? paths : paths.join("+");
  const opened = await openDistilled(
    await fileSource(paths),
    {
      ...options,
      ...(normalisation !== undefined && { normalisation: await normalisationOf(normalisation) }),
      whitening: whiteningLookup(),
      jpeg: await jpegDecoder(),
    },
    path,
    "open",
  );
  return { set: opened.set, findings: opened.findings, accuracies: opened.accuracies ?? {} };
}

const normalisationOf = (given: Normalisation | string) =>
  typeof given === "string" ? openedNormalisation(given, "open") : given;

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
