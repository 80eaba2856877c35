import type * as z from "zod";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { openDistilled } from "../../disk/openDistilled.ts";
import type { WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import type { Opened } from "../../formats/Format.ts";
import { readingFrom, type readOptions } from "../options/readOptions.ts";
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
  const { set, findings, accuracies } = opened;
  warnOf(findings, path, console);
  return { set, accuracies };
}
