import type * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { openDistilled } from "../../disk/openDistilled.ts";
import type { WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import type { Opened } from "../../formats/Format.ts";
import { readingFrom, type readOptions, refuseUnused } from "../options/readOptions.ts";
import type { Console } from "../shell/console.ts";
import { openSource } from "./openSource.ts";
import { warnOf } from "./warnOf.ts";

/**
 * Open the distilled set that a person named, with the accuracies that its file says its makers measured.
 *
 * @throws UsageError if the file holds none, has NaN in it, or does not say its normalisation and nobody else did.
 */
export async function distilledSet(
  path: string,
  choice: z.infer<z.ZodObject<typeof readOptions>>,
  who: string,
  console: Console,
  hooks: WhiteningHooks,
): Promise<Pick<Opened, "accuracies"> & { set: DistilledSet }> {
  const source = await openSource(path, choice, console);
  const opened = await openDistilled(source, readingFrom(choice, who), path, who, hooks);
  const { set, findings, accuracies, format } = opened;
  await refuseUnused(format, { ...choice, ipc: undefined }, who);
  warnOf(findings, path, console);
  if (choice.ipc !== undefined && set.shape[0] !== choice.ipc * set.classes)
    throw new UsageError(
      `${who}: invalid ipc: expected ${set.shape[0] / set.classes} images per class as in ${path}, got ${choice.ipc}`,
    );
  return { set, accuracies };
}
