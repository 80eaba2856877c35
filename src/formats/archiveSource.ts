import { DataError } from "../core/errors.ts";
import type { Finding, Source, SourceFile } from "./Format.ts";
import { gunzip, gunzipHead, isGzip } from "./gzip.ts";
import { isAside } from "./junk.ts";
import type { Budget } from "./limits.ts";
import { checkRange } from "./memorySource.ts";
import { isTar, listTar } from "./tar.ts";
import { openZip, type ZipArchive, type ZipEntry } from "./zip/openZip.ts";

/** Kinds of archive that a set of pictures may come in. */
export type ArchiveKind = "zip" | "tar" | "tar.gz";

/** What the first bytes of a lone file say, or undefined for no archive and for folders. */
export async function archiveKind(source: Source): Promise<ArchiveKind | undefined> {
  if (source.files.length !== 1) return undefined;
  const [file] = source.files;
  const head = await file.read(0, Math.min(file.size, 4096));
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) return "zip";
  if (isTar(head)) return "tar";
  if (!isGzip(head)) return undefined;
  try {
    return isTar(gunzipHead(head, 512, "archive")) ? "tar.gz" : undefined;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/**
 * See an archive as a folder. Zip entries are inflated when they are read; tar files are read at once. What systems leave behind and
 * hidden files are no files of the folder, but `others`.
 *
 * @returns the source itself if it is no archive.
 * @throws DataError if the archive breaks a rule of its format.
 */
export async function openArchive(source: Source, budget: Budget): Promise<Source> {
  const kind = await archiveKind(source);
  if (kind === undefined) return source;
  const findings: Finding[] = [];
  const all = await archiveFiles(source.files[0], kind, budget, findings);
  return {
    name: source.name,
    folder: true,
    files: all.filter(({ path }) => !isAside(path)),
    others: [...(source.others ?? []), ...all.filter(({ path }) => isAside(path))],
    findings,
  };
}

/** Every file of an archive, junk included. `findings` takes what was noticed about the archive itself. */
export async function archiveFiles(
  file: SourceFile,
  kind: ArchiveKind,
  budget: Budget,
  findings: Finding[] = [],
): Promise<SourceFile[]> {
  if (kind === "zip") {
    const archive = await openZip(file, budget, "zip");
    findings.push(...archive.findings);
    return archive.entries.map((entry) => zipFile(archive, entry));
  }
  budget.charge(file.size, "tar", file.path);
  let bytes = await file.read();
  if (kind === "tar.gz") {
    const most = budget.left;
    bytes = gunzip(bytes, most, "tar");
    budget.charge(bytes.length, "tar", `${file.path}, unpacked`);
  }
  return listTar(bytes);
}

/** One entry of a zip as a file. */
export function zipFile(archive: ZipArchive, entry: ZipEntry): SourceFile {
  let cached: Uint8Array<ArrayBuffer> | undefined;
  return {
    path: entry.name,
    size: entry.size,
    async read(start = 0, length = entry.size - start) {
      checkRange(entry.name, entry.size, start, length);
      const whole = cached ?? (await archive.read(entry));
      // A look at the first bytes is followed by a read of all: keep what was inflated until then.
      cached = start + length < entry.size ? whole : undefined;
      return whole.slice(start, start + length);
    },
  };
}
