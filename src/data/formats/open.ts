import { DataError, lookUp } from "../../core/errors.ts";
import * as formats from "../formats.ts";
import type { Format, Opened, ReadOptions, Source, WhiteningLookup } from "./Format.ts";

export interface OpenOptions extends ReadOptions {
  /** Registry name of the reader to use. Default: the one that recognises the content best. */
  readonly format?: string;
}

/**
 * Open whatever this is: ask every format, take the surest, read.
 *
 * @returns what the format found; `set` is absent where the file holds no set (a model, a table of numbers).
 * @throws DataError if nobody recognises the content or the content is malformed; Refusal, a DataError with findings,
 * if reading it elsewhere could run code.
 */
export async function openSet(source: Source, options: OpenOptions = {}): Promise<Opened> {
  const name = options.format ?? (await recognise(source))?.name;
  if (name === undefined) throw new DataError(await unknownContent(source), 0);
  const format: Format = lookUp(formats, name, "openSet", "format");
  const opened = await withWhitening(await format.read(source, options), options.whitening);
  return source.findings?.length ? { ...opened, findings: [...source.findings, ...opened.findings] } : opened;
}

async function withWhitening(opened: Opened, find: WhiteningLookup | undefined): Promise<Opened> {
  const { set } = opened;
  if (!find || set?.kind !== "distilled" || set.normalisation.kind !== "zca") return opened;
  const { name, fit, whitening: known } = set.normalisation;
  if (known || name === undefined || !fit) return opened;
  const whitening = await find(name, fit);
  return whitening ? { ...opened, set: { ...set, normalisation: { ...set.normalisation, whitening } } } : opened;
}

/** The format that is surest about a source, or undefined where all decline. Ties go to the first by name. */
export async function recognise(source: Source): Promise<{ name: string; confidence: number } | undefined> {
  let best: { name: string; confidence: number } | undefined;
  for (const [name, format] of Object.entries<Format>(formats)) {
    const confidence = await format.detect(source);
    if (confidence > (best?.confidence ?? 0)) best = { name, confidence };
  }
  return best;
}

async function unknownContent(source: Source): Promise<string> {
  const known = Object.keys(formats).sort().join(", ");
  if (source.folder && source.files.length !== 1) {
    const shown = source.files.slice(0, 3).map((file) => file.path);
    const names = shown.length ? `${shown.join(", ")}${source.files.length > shown.length ? ", …" : ""}` : "no file";
    return `openSet: unknown content of folder ${source.name}: expected files of one of ${known}, got ${source.files.length} files (${names})`;
  }
  const file = source.files[0];
  const head = file ? await file.read(0, Math.min(16, file.size)) : new Uint8Array();
  return `openSet: unknown content of ${source.name}: expected one of ${known}, got ${describeBytes(head)}`;
}

/** First bytes as people recognise them: hexadecimal, and text where they are printable. */
function describeBytes(head: Uint8Array): string {
  if (head.length === 0) return "an empty file";
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = Array.from(head, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
  return `bytes ${hex} ("${text}")`;
}
