import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { distilledFromPixels } from "../data/eightBit.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { describeNormalisation, renormalise, sameNormalisation } from "../data/normalise.ts";
import type { Format, JpegDecoder, Written } from "./Format.ts";
import { formatRegistry as formats } from "./formatRegistry.ts";
import { memoryFolder, memorySource } from "./memorySource.ts";

export interface Converted extends Written {
  /** The set as it was handed to the writer. */
  readonly set: DistilledSet;
  /** What reading the written bytes back gave: each part bit for bit the same? */
  readonly exact: { readonly images: boolean; readonly labels: boolean; readonly normalisation: boolean };
}

/** Names of the formats that can be written. */
function writableFormats(): string[] {
  return Object.entries<Format>(formats)
    .filter(([, format]) => format.write !== undefined)
    .map(([name]) => name)
    .sort();
}

/**
 * Write a set in another format, and read the result back to see what survived.
 *
 * @param to name of a format that can be written
 * @param options.target normalisation to bring the images into first; default: as they are.
 * @param options.jpeg decoder to read the result back with, where the format holds JPEG
 * @throws UsageError if the format cannot be written or cannot hold the set.
 * @example
 * const { files, losses } = await convert(set, "npz");
 */
export async function convert(
  source: DistilledSet | LabelledSet,
  to: string,
  options: { readonly target?: Normalisation; readonly jpeg?: JpegDecoder } = {},
): Promise<Converted> {
  const format = (formats as Readonly<Record<string, Format>>)[to];
  if (!Object.hasOwn(formats, to) || !format.write)
    throw new UsageError(
      `convert: unknown format to write: expected one of ${writableFormats().join(", ")}, got ${to}`,
    );
  const original = source.kind === "labelled" ? distilledFromPixels(source) : source;
  const set = options.target ? renormalise(original, options.target) : original;
  const written = await format.write(set);
  const changes = set === original ? [] : [changed(original, set)];
  const exact = await compare(format, written, set, options.jpeg);
  return { set, files: written.files, losses: [...changes, ...written.losses], exact };
}

function changed(from: DistilledSet, to: DistilledSet): string {
  const [a, b] = [from, to].map(({ normalisation }) => describeNormalisation(normalisation));
  return `The images were brought from ${a} to ${b}, in float32: values round at the seventh digit.`;
}

async function compare(format: Format, written: Written, set: DistilledSet, jpeg?: JpegDecoder) {
  const [[name, bytes]] = written.files;
  const source = written.files.size === 1 ? memorySource(bytes, name) : memoryFolder(written.files);
  const back = (await format.read(source, { jpeg, maxBytes: Number.MAX_SAFE_INTEGER })).set;
  if (!back) return { images: false, labels: false, normalisation: false };
  const read = back.kind === "labelled" ? distilledFromPixels(back) : back;
  return {
    images: sameBits(read.images, set.images) && String(read.shape) === String(set.shape),
    labels: sameLabels(read, set),
    normalisation: sameNormalisation(read.normalisation, set.normalisation),
  };
}

function sameLabels({ labels: a }: DistilledSet, { labels: b }: DistilledSet): boolean {
  if (a.kind === "hard" && b.kind === "hard") return sameBits(a.classes, b.classes);
  return a.kind === "soft" && b.kind === "soft" && a.form === b.form && sameBits(a.values, b.values);
}

/** Equal bytes: NaN equals itself, −0 differs from 0. */
function sameBits(a: Float32Array | Int32Array, b: Float32Array | Int32Array): boolean {
  if (a.length !== b.length) return false;
  const [x, y] = [a, b].map((array) => new Int32Array(array.buffer, array.byteOffset, array.length));
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}
