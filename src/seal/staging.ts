import type { SourceFile } from "../formats/Format.ts";
import type { Folder } from "./Folder.ts";
import { provenanceName, signatureName, stagingFolder, tensorsName } from "./manifest.ts";
import { comparePaths } from "./paths.ts";

export const croissantName = "croissant.json";
export const cardName = "README.md";

/** Every file that sealing writes. */
export const sealFiles: readonly string[] = [croissantName, cardName, provenanceName, tensorsName, signatureName];

/** Is this one of the files that a sealed folder has beside the set? Readers of sets are not shown them. */
export function isSealFile(path: string): boolean {
  return sealFiles.includes(path) || /^retort\.[^/]*\.jsonl?$/.test(path);
}

/**
 * Where a sealing in progress keeps its files, inside the folder that is sealed:
 *
 * - `.retort-seal/next-<process>/` holds the new files while they are written; a reader does not look at them;
 * - renaming that folder to `.retort-seal/commit/` is the one moment at which the new seal takes the old one's place;
 * - from then on readers take the files in `commit/` instead of those of the same name, until they have been moved out.
 *
 * Killed before the rename, the old seal stands; killed after it, the new one.
 */
export const staging = {
  next: `${stagingFolder}/next-`,
  commit: `${stagingFolder}/commit/`,
} as const;

/** A folder seen through its staging area. */
export interface Staged {
  /** The folder as its seal describes it: without the staging area, committed files in their places. */
  readonly folder: Folder;
  /** Committed files that have not been moved out yet → what lies under that name on disk. Empty in a finished folder. */
  readonly pending: ReadonlyMap<string, SourceFile | undefined>;
  /** Remains of a sealing that was killed before its commit. Harmless. */
  readonly leftover: readonly string[];
}

/** Look at a folder through its staging area. Files there that sealing does not write stay in the folder as unsigned. */
export function throughStaging(folder: Folder): Staged {
  if (!folder.files.some((file) => file.path.startsWith(`${stagingFolder}/`)))
    return { folder, pending: new Map(), leftover: [] };
  const committed = new Map<string, SourceFile>();
  const leftover: string[] = [];
  const rest: SourceFile[] = [];
  for (const file of folder.files) {
    const name = file.path.slice(file.path.lastIndexOf("/") + 1);
    if (file.path === staging.commit + name && sealFiles.includes(name)) committed.set(name, renamed(file, name));
    else if (/^\.retort-seal\/next-\d+\/[^/]+$/.test(file.path) && sealFiles.includes(name)) leftover.push(file.path);
    else rest.push(file);
  }
  const pending = new Map([...committed.keys()].map((name) => [name, rest.find((file) => file.path === name)]));
  const files = [...rest.filter((file) => !committed.has(file.path)), ...committed.values()];
  files.sort((a, b) => comparePaths(a.path, b.path));
  return { folder: { ...folder, files }, pending, leftover };
}

function renamed(file: SourceFile, path: string): SourceFile {
  return { path, size: file.size, read: (start, length) => file.read(start, length) };
}
