import { createHash } from "node:crypto";
import { DataError } from "../core/errors.ts";
import type { SourceFile } from "../data/formats/Format.ts";
import type { Resource } from "./manifest.ts";

/** Chosen: beyond 1 MiB a read call's cost no longer shows. */
export const chunkBytes = 2 ** 20;

/** Hash a file in constant memory. @returns hexadecimal SHA-256. */
export async function hashFile(file: SourceFile, onBytes?: (count: number) => void): Promise<string> {
  const hash = createHash("sha256");
  for (let start = 0; start < file.size; start += chunkBytes) {
    const length = Math.min(chunkBytes, file.size - start);
    const chunk = await file.read(start, length);
    if (chunk.length !== length)
      throw new DataError(`hashFile: invalid file ${file.path}: expected ${length} bytes, got ${chunk.length}`, start);
    hash.update(chunk);
    onBytes?.(length);
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
