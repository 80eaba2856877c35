import { createHash } from "node:crypto";
import { DataError } from "../core/errors.ts";
import type { SourceFile } from "../formats/Format.ts";
import type { Resource } from "./manifest.ts";

/** Chosen: beyond 1 MiB a read call's cost no longer shows. */
export const chunkBytes = 2 ** 20;
/** Chosen: this much (some 50 ms) or this many small files are hashed in one go; then timers and signals are let in. */
const pauseBytes = 64 * 2 ** 20;
const pauseFiles = 256;

/** A file that can be read piece by piece into memory that is used again: no garbage, which is half of the time. */
export interface PiecewiseFile extends SourceFile {
  /**
   * Read the whole file, one piece after another.
   *
   * @param into memory for one piece; each piece is only valid until the next.
   * @throws DataError if the file changed since it was listed.
   */
  pieces(into: Uint8Array): Iterable<Uint8Array>;
}

const piece = new Uint8Array(chunkBytes);

/** Hash a file in constant memory. @returns hexadecimal SHA-256. */
export async function hashFile(file: SourceFile, onBytes?: (count: number) => void): Promise<string> {
  const hash = createHash("sha256");
  if ("pieces" in file && file.size <= pauseBytes) {
    for (const bytes of (file as PiecewiseFile).pieces(piece)) hash.update(bytes);
    onBytes?.(file.size);
    return hash.digest("hex");
  }
  for (let start = 0; start < file.size; start += chunkBytes) {
    const length = Math.min(chunkBytes, file.size - start);
    const chunk = await file.read(start, length);
    if (chunk.length !== length)
      throw new DataError(`hashFile: invalid file ${file.path}: expected ${length} bytes, got ${chunk.length}`, start);
    hash.update(chunk);
    onBytes?.(length);
    if ((start + length) % pauseBytes === 0) await pause();
  }
  return hash.digest("hex");
}

/** Let timers and signals in. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** How far hashing is. */
export interface HashProgress {
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}

export interface HashOptions {
  readonly onProgress?: (progress: HashProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Hash files one after another; memory does not grow with their size.
 *
 * Lets timers and signals in now and then, so that progress is drawn and Ctrl-C works.
 */
export async function hashFiles(files: readonly SourceFile[], options: HashOptions = {}): Promise<Resource[]> {
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  const resources: Resource[] = [];
  let bytes = 0;
  let since = { bytes: 0, files: 0 };
  for (const file of files) {
    const digest = await hashFile(file, (count) => {
      bytes += count;
    });
    resources.push({ name: file.path, digest });
    if (bytes - since.bytes < pauseBytes && resources.length - since.files < pauseFiles) continue;
    since = { bytes, files: resources.length };
    options.onProgress?.({ files: resources.length, bytes, totalFiles: files.length, totalBytes });
    await pause();
    options.signal?.throwIfAborted();
  }
  return resources;
}
