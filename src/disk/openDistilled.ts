import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { distilledFromPixels } from "../data/eightBit.ts";
import type { Opened, Source } from "../formats/Format.ts";
import { noSet } from "../formats/noSet.ts";
import { openSet } from "../formats/open.ts";
import { openOptions, type Reading } from "./reading.ts";
import type { WhiteningHooks } from "./whitening/namedWhitening.ts";

/**
 * Open a distilled set that networks can be trained on: the one way, for commands, experiments and the library.
 *
 * @param reading what was said of it.
 * @param path how the caller names the file, for errors.
 * @param hooks hear of whitenings that have to be fitted first.
 * @throws UsageError if the file holds none, has NaN in it, or does not say its normalisation and nobody else did.
 */
export async function openDistilled(
  source: Source,
  reading: Reading,
  path: string,
  who: string,
  hooks: WhiteningHooks = {},
): Promise<Pick<Opened, "format" | "findings" | "accuracies" | "normalisationBy"> & { set: DistilledSet }> {
  const { set: found, ...opened } = await openSet(source, await openOptions(reading, who, hooks));
  // Pictures in class folders or a table are how several methods publish their sets.
  const isPictures = found?.kind === "labelled" && opened.normalisationBy === "pictures";
  const set = isPictures ? distilledFromPixels(found) : found;
  if (set?.kind !== "distilled")
    throw new UsageError(
      `${who}: invalid set ${path}: expected a distilled set, got ${set ? "raw images" : `no set: ${noSet(opened.objects)}`}; retort inspect ${path} says what it is`,
    );
  const bad = set.images.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new UsageError(
      `${who}: invalid set ${path}: expected finite numbers, got ${set.images[bad]} at position ${bad}`,
    );
  if (set.normalisation.kind === "unknown")
    throw new UsageError(
      `${who}: unknown normalisation of ${path}: expected --normalisation, got none; \`retort inspect ${path}\` ranks the likely ones`,
    );
  const { format, findings, accuracies, normalisationBy } = opened;
  return { set, format, findings, accuracies, ...(normalisationBy ? { normalisationBy } : {}) };
}
