import { inspect } from "../audit/inspect/inspect.ts";
import { DataError, UsageError } from "../core/errors.ts";
import type { Source, SourceFile } from "../formats/Format.ts";
import { Budget } from "../formats/limits.ts";
import { scanPickle } from "../formats/pickle/scan.ts";

/** A file that a seal covers although no reader of the set looked into it. */
export interface Unread {
  readonly path: string;
  /** Why it must not be opened elsewhere. */
  readonly danger?: string;
}

/** Chosen: what readers look at to recognise a file; a file of which more was asked was read. */
const sniffedBytes = 64;

/** A source that remembers which of its files were read, not only sniffed at. */
export function watched(source: Source): { source: Source; read: ReadonlySet<string> } {
  const read = new Set<string>();
  const files = source.files.map((file): SourceFile => {
    const { path, size } = file;
    return {
      path,
      size,
      read(start = 0, length = size - start) {
        if (length > sniffedBytes || length >= size) read.add(path);
        return file.read(start, length);
      },
    };
  });
  return { source: { ...source, files }, read };
}

/** Look into what a seal covers and nobody read: what could run code elsewhere is named. Executes nothing. */
export async function lookInto(files: readonly SourceFile[]): Promise<Unread[]> {
  const found: Unread[] = [];
  for (const file of files) {
    const danger = await dangerOf(file);
    found.push({ path: file.path, ...(danger !== undefined && { danger }) });
  }
  return found;
}

/** Chosen: a pickle with code in it takes some dozen bytes; what is larger than this is not scanned to its end. */
const mostBytes = 64 * 2 ** 20;

async function dangerOf(file: SourceFile): Promise<string | undefined> {
  if (file.size === 0) return undefined;
  const source: Source = { name: file.path, folder: false, files: [file] };
  try {
    const { inspection } = await inspect(source);
    const worst = inspection.findings.find(({ severity }) => severity === "dangerous");
    // Texts may look like a pickle to begin with: below is the stricter test.
    if (worst && inspection.format !== "pythonPickle") return worst.message;
  } catch (error) {
    if (!(error instanceof DataError || error instanceof UsageError)) throw error;
  }
  return pickleDanger(await file.read(0, Math.min(file.size, mostBytes)));
}

/** Pickles that no format recognises: of any protocol, under any name. */
function pickleDanger(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const { findings, ends } = scanPickle(bytes, new Budget());
  const marked = bytes[0] === 0x80 && bytes[1] <= 5;
  // Without a marker any text begins like a pickle; only one that also ends like one is.
  if (!marked && ends.length === 0) return undefined;
  return findings.find(({ severity }) => severity === "dangerous")?.message;
}
