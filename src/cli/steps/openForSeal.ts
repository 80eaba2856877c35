import { RetortError, UsageError } from "../../core/errors.ts";
import type { Opened } from "../../formats/Format.ts";
import { watched } from "../../run/sealedAlong.ts";
import type { Folder } from "../../seal/Folder.ts";
import { dataSource } from "../../seal/tensors.ts";
import type { Console } from "../shell/console.ts";
import { whiteningHooks } from "./whiteningHooks.ts";

/** What `seal` took as the set, and the files that were read for it. */
export type SealedSet = Opened & { readonly read: ReadonlySet<string> };

interface Choice {
  readonly experiment?: number;
  readonly normalisation?: string;
}

/**
 * Open what is sealed, to digest its tensors.
 *
 * @throws UsageError if no reader finds a set in it, or if the file says another normalisation than the person.
 */
export async function openForSeal(
  folder: Folder,
  { experiment, normalisation }: Choice,
  console: Console,
  signal: AbortSignal,
): Promise<SealedSet> {
  const [{ openSet, recognise }, { openOptions }] = await Promise.all([
    import("../../formats/open.ts"),
    import("../../disk/reading.ts"),
  ]);
  const hooks = whiteningHooks(console, signal);
  const { source, read } = watched(dataSource(folder));
  const { normalisation: said, ...options } = await openOptions({ experiment, normalisation }, "seal", hooks);
  try {
    // What is read to recognise the content does not count.
    const format = (await recognise(dataSource(folder)))?.name;
    const opened = await openSet(source, { ...options, format });
    if (!opened.set) throw new UsageError(`it is read as ${opened.format}, which holds no set`);
    if (!said) return { ...opened, read: taken(opened, read) };
    const stated = opened.set.kind === "distilled" ? opened.set.normalisation : { kind: "8-bit pixels" };
    if (stated.kind !== "unknown") {
      if (JSON.stringify(stated) !== JSON.stringify(said))
        throw new UsageError(
          `the file says that its normalisation is ${nameOf(stated)}, and --normalisation says ${normalisation}`,
        );
      return { ...opened, read: taken(opened, read) };
    }
    const again = await openSet(source, { ...options, format, normalisation: said });
    return { ...again, read: taken(again, read) };
  } catch (error) {
    if (!(error instanceof RetortError)) throw error;
    throw new UsageError(
      `seal: unknown content: expected a set whose tensors can be digested (${error.message}); --no-tensors seals the files alone`,
    );
  }
}

const nameOf = (normalisation: { kind: string; name?: string }): string => normalisation.name ?? normalisation.kind;

/** What the reader took: a file that was only scanned is no part of the set. */
function taken({ unread = [] }: Opened, read: ReadonlySet<string>): ReadonlySet<string> {
  const scanned = new Set(unread.map(({ path }) => path));
  return new Set([...read].filter((path) => !scanned.has(path)));
}
