import { CheckFailure, type Checklist } from "./checks.ts";
import type { FileDifferences, Move, splitNames } from "./compareFiles.ts";
import type { Folder } from "./Folder.ts";
import { type HashOptions, hashFiles } from "./hashFile.ts";
import type { Resource } from "./manifest.ts";
import type { Staged } from "./staging.ts";

/** Hash every signed file that is there; added ones only where a signed one is missing, to find moves. */
export async function digestPresent(
  folder: Folder,
  split: ReturnType<typeof splitNames>,
  options: HashOptions,
): Promise<Map<string, string>> {
  const wanted = new Set(split.missing.length > 0 ? [...split.present, ...split.added] : split.present);
  const resources = await hashFiles(
    folder.files.filter((file) => wanted.has(file.path)),
    options,
  );
  return new Map(resources.map(({ name, digest }: Resource) => [name, digest]));
}

export async function checkLinks(
  list: Checklist,
  links: readonly string[],
  specials: readonly string[],
): Promise<void> {
  await list.check("links", () => {
    if (links.length > 0) throw new CheckFailure(`symbolic links: ${brief(links)}`, links);
    if (specials.length > 0) throw new CheckFailure(`neither files nor folders: ${brief(specials)}`, specials);
    return { message: "regular files only" };
  });
}

/** @param folder the receiver has a folder, not a single file. */
export async function checkPresent(
  list: Checklist,
  { missing, moved, respelled }: FileDifferences,
  folder: boolean,
): Promise<void> {
  await list.check("present", () => {
    const relabelled = moved.filter((move) => folderOf(move.from) !== folderOf(move.to));
    const parts = [
      missing.length > 0 && `missing: ${brief(missing)}`,
      moved.length > 0 && `moved: ${brief(moved.map(({ from, to }) => `${from} → ${to}`))}`,
      relabelled.length > 0 && "moving an image into another class folder changes its label",
      respelled.length > 0 && "some differ only in case or Unicode form",
      missing.length + moved.length > 0 && !folder && "the seal covers a folder: verify the folder, not a file of it",
    ].filter((part) => part !== false);
    if (parts.length > 0) throw new CheckFailure(parts.join("; "), [...missing, ...moved.map((move) => move.from)]);
    return { message: "all there" };
  });
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

export async function checkContent(
  list: Checklist,
  { changed }: FileDifferences,
  swapped: readonly Move[],
  count: number,
): Promise<void> {
  await list.check("content", () => {
    if (changed.length === 0) return { message: `${count} files compared` };
    const exchange =
      swapped.length > 0 ? `; contents exchanged: ${brief(swapped.map(({ from, to }) => `${to} holds ${from}`))}` : "";
    throw new CheckFailure(`changed: ${brief(changed)}${exchange}`, changed);
  });
}

export async function checkUnsigned(
  list: Checklist,
  { added, ignored }: FileDifferences,
  { leftover }: Staged,
): Promise<void> {
  await list.check("unsigned", () => {
    if (added.length > 0) throw new CheckFailure(`unsigned files: ${brief(added)}`, added);
    const parts = [
      ignored.length > 0 && `left out by the seal's own rules: ${brief(ignored)}`,
      leftover.length > 0 && `remains of an interrupted sealing: ${brief(leftover)}`,
    ].filter((part) => part !== false);
    return { message: parts.join("; ") || "nothing", note: leftover.length > 0, files: [...ignored, ...leftover] };
  });
}

/** The first names of a list, for a message. */
export function brief(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
