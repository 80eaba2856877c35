import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { UsageError } from "../core/errors.ts";

/** Opening a named pipe would wait for somebody who writes into it, where no signal is heard; with this flag it does not. */
export const openAtOnce = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Open a regular file to read it: the one rule for every file that is named or kept (docs/exit-status.md).
 *
 * @throws UsageError for a folder, pipe, socket or device; the operating system's error where it cannot be opened.
 */
export async function openRegular(path: string, said = `read: invalid file ${path}`): Promise<FileHandle> {
  const handle = await open(path, openAtOnce).catch((error: unknown) => {
    throw refusalOfSocket(error, said);
  });
  try {
    checkRegular(await handle.stat(), said);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Read a regular file, however long. @throws as openRegular does. */
export async function readRegular(path: string, said?: string): Promise<Buffer> {
  const handle = await openRegular(path, said);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The same at once. */
export function readRegularSync(path: string): Buffer {
  const said = `read: invalid file ${path}`;
  let handle: number;
  try {
    handle = openSync(path, openAtOnce);
  } catch (error) {
    throw refusalOfSocket(error, said);
  }
  try {
    checkRegular(fstatSync(handle), said);
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}

function checkRegular(info: Stats, said: string): void {
  if (!info.isFile()) throw new UsageError(`${said}: expected a regular file, got ${fileKind(info)}`);
}

/** A socket cannot be opened at all. */
function refusalOfSocket(error: unknown, said: string): unknown {
  const isSocket = (error as NodeJS.ErrnoException).code === "ENXIO";
  return isSocket ? new UsageError(`${said}: expected a regular file, got a socket or a device`) : error;
}

/** "a named pipe" */
export function fileKind(info: Stats): string {
  if (info.isDirectory()) return "a folder";
  if (info.isFIFO()) return "a named pipe";
  return info.isSocket() ? "a socket" : "a device";
}
