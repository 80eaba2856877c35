import type { z } from "zod";
import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { openSet } from "../data/formats/open.ts";
import type { Console } from "./console.ts";
import { openSource } from "./openSource.ts";
import { openOptions, type readOptions } from "./readOptions.ts";

/**
 * Open the distilled set that a person named.
 *
 * @throws UsageError if the file holds none, has NaN in it, or does not say its normalisation and nobody else did.
 */
export async function distilledSet(
  path: string,
  choice: z.infer<z.ZodObject<typeof readOptions>>,
  who: string,
  console: Console,
): Promise<DistilledSet> {
  const { set, findings } = await openSet(await openSource(path, choice, console), await openOptions(choice, who));
  for (const f of findings) if (f.severity !== "note") console.warn(`${path}: ${f.message}`);
  if (set?.kind !== "distilled")
    throw new UsageError(`${who}: invalid set ${path}: expected a distilled set, got ${set ? "raw images" : "no set"}`);
  const bad = set.images.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new UsageError(
      `${who}: invalid set ${path}: expected finite numbers, got ${set.images[bad]} at position ${bad}`,
    );
  if (set.normalisation.kind === "unknown")
    throw new UsageError(
      `${who}: unknown normalisation of ${path}: expected --normalisation, got none; \`retort inspect ${path}\` ranks the likely ones`,
    );
  if (choice.ipc !== undefined && set.shape[0] !== choice.ipc * set.classes)
    throw new UsageError(
      `${who}: invalid ipc: expected ${set.shape[0] / set.classes} images per class as in ${path}, got ${choice.ipc}`,
    );
  return set;
}
