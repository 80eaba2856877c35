import { DataError } from "../core/errors.ts";
import type { Source, SourceFile } from "./Format.ts";

/**
 * Make a source of one file from bytes.
 *
 * @example
 * const { set } = await openSet(memorySource(bytes, "download.pt"));
 */
export function memorySource(bytes: Uint8Array, name = "bytes"): Source {
  return { name, folder: false, files: [memoryFile(name, bytes)] };
}

/**
 * Make a source that looks like a folder from relative paths and their bytes.
 *
 * @example
 * const { set } = await openSet(memoryFolder(new Map([["cat/1.png", cat], ["dog/1.png", dog]])));
 */
export function memoryFolder(files: ReadonlyMap<string, Uint8Array>, name = "folder"): Source {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return { name, folder: true, files: sorted.map(([path, bytes]) => memoryFile(path, bytes)) };
}

/** One file held in memory. Each read copies, as reading from a disk would. */
export function memoryFile(path: string, bytes: Uint8Array): SourceFile {
  return {
    path,
    size: bytes.length,
    async read(start = 0, length = bytes.length - start) {
      checkRange(path, bytes.length, start, length);
      return new Uint8Array(bytes.subarray(start, start + length));
    },
  };
}

/** @throws DataError unless 0 ≤ start and start + length ≤ size. */
export function checkRange(path: string, size: number, start: number, length: number): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0 || start + length > size)
    throw new DataError(
      `read: invalid range of ${path}: expected to lie within its ${size} bytes, got ${length} bytes`,
      start,
    );
}
