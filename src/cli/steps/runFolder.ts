import { join } from "node:path";
import { lockFolder } from "../../disk/folderLock.ts";
import { checkFolder } from "../../disk/makeFolder.ts";
import { OtherRun, openRun, type Run } from "../../run/Run.ts";
import type { RunDescription } from "../../run/RunDescription.ts";

/** Check, before anything is read, that the folder that a person named can be written to. @throws UsageError or the system's error. */
export async function checkOut(out: string | undefined): Promise<void> {
  if (out !== undefined) await checkFolder(out);
}

/**
 * Open the run folder of a call, for this process alone: `out`, or one beneath `runs/`. The name there is the first of `stem`,
 * `stem-2`, … that is free or holds the same run.
 *
 * @throws UsageError if `out` holds something else, or another process works in it.
 */
export async function runFolder(
  { out, stem, commandLine }: { readonly out?: string; readonly stem: string; readonly commandLine: string },
  description: RunDescription,
): Promise<Run> {
  const open = async (folder: string) => {
    await lockFolder(folder);
    return openRun(folder, description, () => new Date(), commandLine);
  };
  if (out !== undefined) return open(out);
  for (let i = 1; ; i++) {
    try {
      return await open(join("runs", i === 1 ? stem : `${stem}-${i}`));
    } catch (error) {
      if (!(error instanceof OtherRun)) throw error;
    }
  }
}
