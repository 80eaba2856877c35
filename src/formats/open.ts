import { DataError, lookUp, UsageError } from "../core/errors.ts";
import type { Spell } from "../core/readWhen.ts";
import type { Format, Opened, ReadOptions, Source, WhiteningLookup } from "./Format.ts";
import { formatRegistry as formats } from "./formatRegistry.ts";
import { jsonBeside } from "./jsonBeside.ts";
import { NotRecognised } from "./NotRecognised.ts";
import { refuseUnread } from "./refuseUnread.ts";
import { declarations, declaredMetadata, saysTampered } from "./saysTampered.ts";
import { contentKind } from "./scan/contentKind.ts";
import { scanFiles } from "./scan/scanFiles.ts";
import { settleNormalisation } from "./settleNormalisation.ts";
import { peekZip } from "./zip/peekZip.ts";

export interface OpenOptions extends ReadOptions {
  /** Registry name of the reader to use. Default: the one that recognises the content best. */
  readonly format?: string;
  /** Take `normalisation` even where the file says another. Default false: a contradiction is refused. */
  readonly force?: boolean;
  /** Who asks, and how its user writes options, for errors. */
  readonly caller?: { readonly who: string; readonly spell?: Spell };
}

/**
 * Open whatever this is: ask every format, take the surest, read; then scan the files that it did not take, and settle what is said
 * about the pixels. The one door through which every command gets its sets.
 *
 * @returns what the format found; `set` is absent where the file holds no set (a model, a table of numbers). `findings` name a set that
 * says of itself that it was tampered with, every file that was not read, and every dangerous name in such a file.
 * @throws NotRecognised, a DataError, if nobody recognises the content; DataError if it is malformed; Refusal, a DataError with
 * findings, if reading it elsewhere could run code; UsageError if the caller contradicts the file.
 * @example
 * const { set, findings } = await openSet(memorySource(bytes), { normalisation: knownNormalisations["cifar-10"] });
 */
export async function openSet(source: Source, options: OpenOptions = {}): Promise<Opened> {
  try {
    return await opened(source, options);
  } catch (error) {
    throw namingFile(error, source.name);
  }
}

/** Readers see bytes and no names. Whoever opens several files must be told which one it was. */
function namingFile(error: unknown, name: string): unknown {
  if (error instanceof DataError && !error.message.includes(name)) error.message = `${name}: ${error.message}`;
  return error;
}

async function opened(source: Source, options: OpenOptions): Promise<Opened> {
  const name = options.format ?? (await recognise(source))?.name;
  if (name === undefined) throw new NotRecognised(await unknownContent(source), 0);
  const { normalisation, force, caller = { who: "openSet" }, ...reading } = options;
  const format: Format = lookUp(formats, name, caller.who, "format");
  const found = await format.read(source, reading);
  refuseUnread([name], reading, caller.who, caller.spell);
  checkImagesPerClass(found, reading.ipc, source.name, caller);
  const settled = settleNormalisation(found, normalisation, force ?? false, source.name);
  return withScan(source, await withWhitening(settled, options.whitening), options.maxBytes);
}

/** Images per class, where the file has labels of its own, are a check of what it says. */
function checkImagesPerClass(
  { set }: Opened,
  ipc: number | undefined,
  name: string,
  { who, spell }: NonNullable<OpenOptions["caller"]>,
): void {
  if (ipc === undefined || !set || set.shape[0] === ipc * set.classes) return;
  throw new UsageError(
    `${who}: invalid ${spell?.(["ipc"]) ?? "ipc"}: expected ${set.shape[0] / set.classes} images per class as in ${name}, got ${ipc}`,
  );
}

/** Add what the listing of the source, the files that were not read, and the set itself tell. */
async function withScan(source: Source, opened: Opened, maxBytes: number | undefined): Promise<Opened> {
  const { said, carried } = await heard(source, opened);
  const tampered = saysTampered(said);
  const scan = await scanFiles([...(opened.unread ?? []), ...(source.others ?? [])], maxBytes, source.expected);
  const findings = [...(source.findings ?? []), ...(tampered ? [tampered] : []), ...opened.findings, ...scan.findings];
  const globals = [...new Set([...(opened.globals ?? []), ...scan.globals])];
  const { records: _, ...rest } = carried;
  return { ...rest, findings, ...(globals.length > 0 ? { globals } : {}) };
}

/** What is said of the set in its metadata, elsewhere in its file and in the JSON files beside it, and the set carrying it along. */
async function heard(source: Source, opened: Opened) {
  const { set, records, unread = [] } = opened;
  const metadata = set?.kind === "distilled" ? set.metadata : {};
  const own = declarations(metadata);
  const beside = unread.filter(({ path }) => !source.expected?.(path));
  const others = [...declarations(records), ...declarations(await jsonBeside(beside))];
  const more = others.filter(({ name }, i) => ![...own, ...others.slice(0, i)].some((known) => known.name === name));
  const carried =
    set?.kind === "distilled" && more.length > 0
      ? { ...opened, set: { ...set, metadata: { ...metadata, ...declaredMetadata(more) } } }
      : opened;
  return { said: [...own, ...more], carried };
}

async function withWhitening(opened: Opened, find: WhiteningLookup | undefined): Promise<Opened> {
  const { set } = opened;
  if (!find || set?.kind !== "distilled" || set.normalisation.kind !== "zca") return opened;
  const { name, fit, whitening: known } = set.normalisation;
  if (known || name === undefined || !fit) return opened;
  const whitening = await find(name, fit);
  return whitening ? { ...opened, set: { ...set, normalisation: { ...set.normalisation, whitening } } } : opened;
}

/**
 * The format that is surest about a source, or undefined where all decline. Ties go to the first by name.
 *
 * @example
 * const format = await recognise(memorySource(bytes)); // { name: "npz", confidence: 1 }
 */
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
    const names = someOf(source.files.map((file) => file.path)) || "no file";
    return `${source.name}: unknown content: expected the files of one set (${known}), got ${source.files.length} files (${names}); name the files that belong together`;
  }
  const file = source.files[0];
  const head = file ? await file.read(0, Math.min(512, file.size)) : new Uint8Array();
  const kind = contentKind(head);
  const names = kind?.holds === "zip" ? await peekZip(file) : undefined;
  const inside = names ? ` of ${names.length} files (${someOf(names)})` : "";
  const hint = kind?.hint ? `; ${kind.hint}` : "";
  const named = kind && head.length > 0 && kind.name !== "a text" ? `, which is ${kind.name}${inside}` : "";
  return `${source.name}: unknown content: expected one of ${known}, got ${describeBytes(head.subarray(0, 16))}${named}${hint}`;
}

function someOf(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")}, …` : names.join(", ");
}

/** First bytes as people recognise them: hexadecimal, and text where they are printable. */
function describeBytes(head: Uint8Array): string {
  if (head.length === 0) return "an empty file";
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = Array.from(head, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
  return `bytes ${hex} ("${text}")`;
}
