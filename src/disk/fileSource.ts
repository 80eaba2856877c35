import { type FileHandle, lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import type { Finding, Source, SourceFile } from "../formats/Format.ts";
import { isAside } from "../formats/junk.ts";
import { checkRange } from "../formats/memorySource.ts";
import { isSealFile } from "../seal/staging.ts";
import { fileKind, openRegular } from "./readRegular.ts";

/** Chosen: ImageNet has 1.3 million files; listings beyond this are a mistake or an attack. */
const maxFiles = 2_000_000;
const maxDepth = 32;

/**
 * Make a source from what a person named: a file, a folder, or several files.
 *
 * A folder is listed with its sub-folders; sockets and devices are left out; hidden files, what systems leave behind and the files of a
 * seal are shown to no reader (`others`). Links inside a folder are followed only to
 * files inside that folder; the others become findings. Content is read when a format asks for it.
 *
 * @throws UsageError if a path does not exist; DataError if it is neither file nor folder.
 */
export async function fileSource(paths: string | readonly string[]): Promise<Source> {
  const list = typeof paths === "string" ? [paths] : paths;
  if (list.length === 0) throw new UsageError("fileSource: missing path: expected at least one");
  if (list.length > 1) return severalFiles(list);
  const path = list[0];
  const info = await statOf(path);
  if (info.isDirectory()) return folderSource(path);
  if (!info.isFile())
    throw new DataError(`fileSource: invalid path ${path}: expected a file or folder, got ${fileKind(info)}`);
  return { name: basename(path), folder: false, files: [fileOnDisk(path, basename(path), info.size)] };
}

async function severalFiles(paths: readonly string[]): Promise<Source> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    const info = await statOf(path);
    if (!info.isFile()) throw new UsageError(`fileSource: invalid path ${path}: expected a file beside other files`);
    files.push(fileOnDisk(path, basename(path), info.size));
  }
  files.sort(byPath);
  for (let i = 1; i < files.length; i++)
    if (files[i].path === files[i - 1].path)
      throw new UsageError(`fileSource: invalid paths: expected different names, got ${files[i].path} twice`);
  return { name: files.map((file) => file.path).join("+"), folder: true, files };
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A path that may not be followed is another matter than one that leads nowhere.
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    throw new UsageError(`fileSource: missing path: expected a file or folder, got nothing at ${path || '""'}`);
  }
}

async function folderSource(folder: string): Promise<Source> {
  const root = await realpath(folder);
  const files: SourceFile[] = [];
  const others: SourceFile[] = [];
  const findings: Finding[] = [];
  const visit = async (directory: string, depth: number): Promise<void> => {
    if (depth > maxDepth)
      throw new DataError(`fileSource: invalid folder ${folder}: expected at most ${maxDepth} levels of folders`);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const full = join(directory, entry.name);
      const path = relative(root, full).split(sep).join("/");
      const into = isAside(path) || isSealFile(path) ? others : files;
      if (entry.isDirectory()) await visit(full, depth + 1);
      else if (entry.isFile()) into.push(fileOnDisk(full, path, (await lstat(full)).size));
      else if (entry.isSymbolicLink()) await followLink(root, full, path, into, findings);
      if (files.length + others.length > maxFiles)
        throw new DataError(`fileSource: invalid folder ${folder}: expected at most ${maxFiles} files`);
    }
  };
  await visit(root, 0);
  const aside = { others: others.sort(byPath), expected: isSealFile };
  return { name: basename(root), folder: true, files: files.sort(byPath), findings, ...aside };
}

/** Take a linked file in only if its real path lies inside the folder. */
async function followLink(root: string, full: string, path: string, files: SourceFile[], findings: Finding[]) {
  const target = await realpath(full).catch(() => undefined);
  const info = target?.startsWith(root + sep) ? await stat(target) : undefined;
  if (target !== undefined && info?.isFile()) files.push(fileOnDisk(target, path, info.size));
  else
    findings.push({
      severity: "warning",
      rule: "link-outside",
      message: `${path} is a link that leads to no file inside the folder; it was left out`,
      file: path,
    });
}

function fileOnDisk(full: string, path: string, size: number): SourceFile {
  return {
    path,
    size,
    async read(start = 0, length = size - start) {
      checkRange(path, size, start, length);
      const bytes = new Uint8Array(length);
      const handle = await openRegular(full);
      try {
        // Large reads go in four pieces at once: most of the time is spent on fresh memory, which two cores share.
        const pieces = length > 2 ** 24 ? 4 : 1;
        const step = Math.ceil(length / pieces);
        const piece = (i: number) => fill(handle, bytes.subarray(i * step, (i + 1) * step), start + i * step, path);
        await Promise.all(Array.from({ length: pieces }, (_, i) => piece(i)));
      } finally {
        await handle.close();
      }
      return bytes;
    },
  };
}

async function fill(handle: FileHandle, bytes: Uint8Array, start: number, path: string): Promise<void> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0)
      throw new DataError(
        `read: invalid file ${path}: expected ${bytes.length - filled} more bytes, got the end; it changed on disk`,
        start + filled,
      );
    filled += bytesRead;
  }
}

function byPath(a: SourceFile, b: SourceFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
