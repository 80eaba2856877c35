import { isIgnored, type Manifest, type Resource } from "./manifest.ts";
import { comparePaths, foldName } from "./paths.ts";

/** A file that was signed under another name: same content, elsewhere. In a class folder that is a changed label. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** How a folder differs from its manifest. All lists in manifest order. */
export interface FileDifferences {
  readonly missing: readonly string[];
  readonly changed: readonly string[];
  /** Present, not signed and not ignored. */
  readonly added: readonly string[];
  readonly moved: readonly Move[];
  /** Moves that only alter case or Unicode form; a subset of `moved`. */
  readonly respelled: readonly Move[];
  /** Present and left out by the manifest's rules: unsigned, never loaded. */
  readonly ignored: readonly string[];
}

/** Names of a folder sorted by the rules of a manifest, before anything was read. */
export function splitNames(
  names: readonly string[],
  manifest: Pick<Manifest, "resources">,
  ignorePaths: ReadonlySet<string>,
): { present: string[]; missing: string[]; added: string[]; ignored: string[] } {
  const signed = new Set(manifest.resources.map((resource) => resource.name));
  const found = new Set(names);
  const extra = names.filter((name) => !signed.has(name)).sort(comparePaths);
  return {
    present: manifest.resources.map((resource) => resource.name).filter((name) => found.has(name)),
    missing: manifest.resources.map((resource) => resource.name).filter((name) => !found.has(name)),
    added: extra.filter((name) => !isIgnored(name, ignorePaths)),
    ignored: extra.filter((name) => isIgnored(name, ignorePaths)),
  };
}

/**
 * Compare what is there with what was signed.
 *
 * @param digests content digests of every present signed file and of every added one.
 */
export function compareFiles(
  split: ReturnType<typeof splitNames>,
  resources: readonly Resource[],
  digests: ReadonlyMap<string, string>,
): FileDifferences {
  const signed = new Map(resources.map(({ name, digest }) => [name, digest]));
  const changed = split.present.filter((name) => digests.get(name) !== signed.get(name));
  const { moved, gone, fresh } = matchMoves(split.missing, split.added, signed, digests);
  return {
    missing: gone,
    changed,
    added: fresh,
    moved,
    respelled: moved.filter(({ from, to }) => foldName(from) === foldName(to)),
    ignored: split.ignored,
  };
}

/** Pair missing names with added files of the same content; names that differ only in spelling go first. */
function matchMoves(
  missing: readonly string[],
  added: readonly string[],
  signed: ReadonlyMap<string, string>,
  digests: ReadonlyMap<string, string>,
): { moved: Move[]; gone: string[]; fresh: string[] } {
  const byDigest = new Map<string, string[]>();
  for (const name of added) {
    const digest = digests.get(name) ?? "";
    byDigest.set(digest, [...(byDigest.get(digest) ?? []), name]);
  }
  const moved: Move[] = [];
  const gone: string[] = [];
  for (const from of missing) {
    const candidates = byDigest.get(signed.get(from) ?? "none");
    if (!candidates?.length) {
      gone.push(from);
      continue;
    }
    const same = candidates.findIndex((name) => foldName(name) === foldName(from));
    const [to] = candidates.splice(Math.max(0, same), 1);
    moved.push({ from, to });
  }
  const taken = new Set(moved.map((move) => move.to));
  return { moved, gone, fresh: added.filter((name) => !taken.has(name)) };
}

/**
 * Signed files whose contents were exchanged: each now holds what another name was signed with.
 *
 * Every one of them is in `changed` too; this says what happened.
 */
export function swappedContents(
  changed: readonly string[],
  resources: readonly Resource[],
  digests: ReadonlyMap<string, string>,
): Move[] {
  const owners = new Map<string, string>();
  for (const { name, digest } of resources) if (!owners.has(digest)) owners.set(digest, name);
  return changed.flatMap((to) => {
    const from = owners.get(digests.get(to) ?? "");
    return from !== undefined && from !== to ? [{ from, to }] : [];
  });
}
