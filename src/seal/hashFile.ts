import { createHash } from "node:crypto";
import { DataError } from "../core/errors.ts";
import type { SourceFile } from "../data/formats/Format.ts";
import type { Resource } from "./manifest.ts";

/** Chosen: beyond 1 MiB a read call's cost no longer shows. */
export const chunkBytes = 2 ** 20;
/** Chosen: files up to this size are hashed in one go; larger ones let timers and signals in between. */
const synchronousBytes = 64 * 2 ** 20;

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
  if ("pieces" in file && file.size <= synchronousBytes) {
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
    if ((start / chunkBytes) % 32 === 31) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return hash.digest("hex");
}

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
 * Lets timers and signals in every 50 ms, so that progress is drawn and Ctrl-C works.
 */
export async function hashFiles(files: readonly SourceFile[], options: HashOptions = {}): Promise<Resource[]> {
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  const resources: Resource[] = [];
  let bytes = 0;
  let last = Date.now();
  for (const file of files) {
    const digest = await hashFile(file, (count) => {
      bytes += count;
    });
    resources.push({ name: file.path, digest });
    if (Date.now() - last < 50) continue;
    last = Date.now();
    options.onProgress?.({ files: resources.length, bytes, totalFiles: files.length, totalBytes });
    await new Promise((resolve) => setTimeout(resolve, 0));
    options.signal?.throwIfAborted();
  }
  return resources;
}
