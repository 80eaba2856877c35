import { diffSets } from "../../audit/diff/diffSets.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import { writeFiles } from "../../disk/writeFiles.ts";
import { convert } from "../../formats/convert.ts";
import type { SanitiseResult } from "../../library/sanitise.ts";
import { renderSanitisePage } from "../../report/sanitise/sanitisePage.ts";
import type { SanitiseRecord } from "../../report/sanitise/sanitiseRecord.ts";

export interface WrittenSet {
  readonly out: string;
  readonly paths: readonly string[];
  readonly losses: readonly string[];
  /** What `retort diff` says lies between both sets. */
  readonly difference?: {
    readonly verdict: string;
    readonly reason: string;
    readonly edited: number;
    readonly added: number;
  };
  readonly report?: string;
}

/** Write the repaired set, if there is one, and the page about it. */
export async function writeSanitised(
  set: DistilledSet,
  result: SanitiseResult,
  record: SanitiseRecord,
  where: { out: string; path: string; format: string; overwrite: boolean; report?: string },
): Promise<WrittenSet> {
  const { out, path, format, overwrite, report } = where;
  if (report !== undefined) await writeAtomic(report, renderSanitisePage(record));
  if (result.rounds.length === 0) return { out, paths: [], losses: [], report };
  const { files, losses } = await convert(result.set, format);
  const paths = await writeFiles(out, files, overwrite);
  const { difference } = diffSets({ ...set, name: path }, { ...result.set, name: out });
  const { verdict, reason, images, added } = difference;
  const edited = images.filter(({ kind }) => kind === "edited").length;
  return { out, paths, losses, difference: { verdict, reason, edited, added: added.length }, report };
}
