import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import process from "node:process";

/**
 * Path of a set as code-scanning hosts place it: relative to the root of the repository it lies in, else to the working folder; its bare
 * name where it lies outside.
 *
 * @returns "/"-separated, without ".."; "" for the root itself.
 */
export function repositoryPath(path: string): string {
  const full = existsSync(path) ? realpathSync(path) : resolve(path);
  const way = relative(repositoryOf(full) ?? realpathSync(process.cwd()), full);
  const outside = isAbsolute(way) || way.split(sep)[0] === "..";
  return (outside ? basename(full) : way).split(sep).join("/");
}

/** The nearest folder, from the path upwards, that a version control system took as its root. */
function repositoryOf(path: string): string | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    if ([".git", ".hg", ".jj"].some((name) => existsSync(join(folder, name)))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
