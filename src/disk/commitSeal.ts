import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { UsageError } from "../core/errors.ts";
import { stagingFolder } from "../seal/manifest.ts";
import { sealFiles } from "../seal/staging.ts";

/** The disk operations that sealing performs, one by one, so that a test can stop it between any two. */
export interface Disk {
  exists(path: string): boolean;
  list(path: string): string[];
  makeFolder(path: string): void;
  /** Write a new file and make it durable. */
  write(path: string, text: string): void;
  rename(from: string, to: string): void;
  removeFolder(path: string): void;
  /** Remove a folder and what is in it. */
  discard(path: string): void;
  /** Make the names in a folder durable. */
  sync(path: string): void;
}

export const nodeDisk: Disk = {
  exists: existsSync,
  list: (path) => readdirSync(path),
  makeFolder: (path) => mkdirSync(path),
  write(path, text) {
    const handle = openSync(path, "wx", 0o644);
    try {
      const bytes = new TextEncoder().encode(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
  rename: renameSync,
  removeFolder: rmdirSync,
  discard: (path) => rmSync(path, { recursive: true, force: true }),
  sync(path) {
    // Windows cannot open a folder and needs no such thing.
    if (process.platform === "win32") return;
    const handle = openSync(path, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
};

/**
 * Put the files of a seal into a folder, all or none (seal/staging.ts tells how readers take part).
 *
 * Everything up to one rename leaves the old seal, everything after it the new one.
 */
export function commitSeal(folder: string, files: ReadonlyMap<string, string>, disk: Disk = nodeDisk): void {
  finishSeal(folder, disk);
  const area = join(folder, stagingFolder);
  const next = join(area, `next-${process.pid}`);
  if (!disk.exists(area)) disk.makeFolder(area);
  try {
    disk.makeFolder(next);
    for (const [name, text] of files) disk.write(join(next, name), text);
    disk.sync(next);
    disk.rename(next, join(area, "commit"));
  } catch (error) {
    disk.discard(next);
    dropArea(area, disk);
    throw error;
  }
  disk.sync(area);
  finishSeal(folder, disk);
}

/**
 * Complete a sealing that was interrupted after its commit, and clear away what one left behind before it.
 *
 * @returns true if there was something to complete.
 */
export function finishSeal(folder: string, disk: Disk = nodeDisk): boolean {
  const area = join(folder, stagingFolder);
  if (!disk.exists(area)) return false;
  for (const name of disk.list(area))
    if (/^next-\d+$/.test(name) && !isRunning(Number(name.slice(5)))) disk.discard(join(area, name));
  const commit = join(area, "commit");
  const pending = disk.exists(commit);
  if (pending) {
    const names = disk.list(commit);
    const strange = names.find((name) => !sealFiles.includes(name));
    if (strange !== undefined)
      throw new UsageError(
        `seal: unknown file ${stagingFolder}/commit/${strange}: expected only files of a seal; look at it and delete it`,
      );
    for (const name of names) disk.rename(join(commit, name), join(folder, name));
    disk.sync(folder);
    disk.removeFolder(commit);
  }
  dropArea(area, disk);
  return pending;
}

/** Remove the staging area unless another sealing is at work in it. */
function dropArea(area: string, disk: Disk): void {
  if (disk.exists(area) && disk.list(area).length === 0) disk.removeFolder(area);
}

function isRunning(process_: number): boolean {
  if (process_ === process.pid) return false;
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
