import { randomBytes } from "node:crypto";
import { constants, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { makeFolder } from "./makeFolder.ts";

/**
 * Write a file whole or not at all: temporary file beside it, fsync, rename, fsync of the folder.
 *
 * A reader sees the old content or the new one. A crash or a full disk leaves the old one; a temporary file that a
 * crash left behind is named `.NAME.….tmp` and is never read. Missing folders are made. A device or a pipe (`/dev/stdout`) is
 * written to as it stands, a named pipe only while somebody reads from it.
 *
 * @throws UsageError for a folder, and a pipe that nobody reads from.
 * @throws the operating system's error (ENOSPC, EACCES, …) after taking the temporary file away.
 */
export async function writeAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new UsageError(`output: invalid file ${path}: expected a file, got a folder`);
  if (there && !there.isFile())
    return writeInto(path, content).catch((error: unknown) => {
      throw named(error, path);
    });
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw named(error, path);
  }
  await syncFolder(folder);
}

/** Opening a named pipe would wait for a reader, where no signal is heard: with O_NONBLOCK it fails where there is none. */
async function writeInto(path: string, content: Uint8Array | string): Promise<void> {
  const held = await open(path, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
    throw new UsageError(`output: invalid file ${path}: expected a pipe that somebody reads from, got none`);
  });
  try {
    await writeFile(path, content);
  } finally {
    await held.close();
  }
}

/** `write` on an open file reports no path; the reader of the error wants to know which file did not fit. */
function named(error: unknown, path: string): unknown {
  // Its folder is there: a file system that takes no files says that there is none.
  if ((error as NodeJS.ErrnoException).code === "ENOENT")
    return new UsageError(
      `output: invalid file ${path}: expected a place where files can be made, got ${dirname(path)}`,
    );
  if (error instanceof Error && "code" in error) Object.assign(error, { path });
  return error;
}

/** Make the rename itself durable. Windows cannot open a folder and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
