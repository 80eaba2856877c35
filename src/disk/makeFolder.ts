import { randomBytes } from "node:crypto";
import { mkdir, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../core/errors.ts";

/**
 * Make a folder and those above it that are missing, one by one: some file systems (`/proc`) take none and do not say so.
 *
 * @throws UsageError where nothing can be made; the operating system's error (EROFS, EACCES, ENOTDIR, …) otherwise.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await isFolder(at)); at = dirname(at)) missing.push(at);
  await make(missing.reverse(), path);
}

/** @param path that was asked for, and `place` in it, for errors. */
async function make(missing: readonly string[], path: string, place?: string): Promise<void> {
  for (const folder of missing)
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return;
      if (error.code === "ENOENT")
        throw new UsageError(
          `output: invalid folder ${path}: expected a place where folders can be made, got ${place ?? folder}`,
        );
      throw place === undefined ? error : Object.assign(error, { path: place });
    });
}

/**
 * Check that a folder is there to be written to, or can be made, and leave nothing behind: before work whose result goes there.
 *
 * @throws as `makeFolder` does.
 */
export async function checkFolder(path: string): Promise<void> {
  let [at, missing]: [string, string | undefined] = [resolve(path), undefined];
  for (; !(await isFolder(at)); at = dirname(at)) missing = at;
  // What takes nothing may say that it does, as folders of /proc do: it is tried.
  const tried = missing ?? join(at, `.${randomBytes(6).toString("hex")}.tmp`);
  await make([tried], path, missing ?? at);
  // Another process may have put something there meanwhile, which then stays.
  await rmdir(tried).catch(() => undefined);
}

/** @throws the operating system's error for a file that stands in the way. */
async function isFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (info && !info.isDirectory())
    throw Object.assign(new Error("ENOTDIR"), { code: "ENOTDIR", errno: -20, syscall: "mkdir", path });
  return info !== undefined || dirname(path) === path;
}
