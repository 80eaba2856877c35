import type { Source } from "../formats/Format.ts";

/**
 * A folder as sealing sees it: every regular file, dot files too, and what is no regular file by name.
 *
 * A `Source` alone is not enough, since readers are not shown hidden files and links.
 */
export interface Folder extends Source {
  /** Symbolic links, wherever they lead. */
  readonly links: readonly string[];
  /** Sockets, devices, pipes. */
  readonly specials: readonly string[];
}

/**
 * Take a source without links, such as one in memory, as a folder.
 *
 * @example
 * const { verified } = await verifySeal(folderOf(memoryFolder(files)), { trust, at: new Date("2026-11-28") });
 */
export function folderOf(source: Source): Folder {
  return { ...source, links: [], specials: [] };
}
