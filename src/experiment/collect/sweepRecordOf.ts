import { parseSweep, type SweepRecord, sweepFormat } from "../../report/sweep/sweepRecord.ts";
import type { SweepManifest } from "../plan/manifest.ts";
import type { TrialConfig } from "../plan/TrialConfig.ts";
import { outcomeFile, type TrialOutcome } from "../sweep/outcomes.ts";

/**
 * Merge the outcomes of a sweep into the record that its report and its tables are made of. Trials come in the order of the
 * plan, so that the same outcomes give the same record.
 *
 * @param created ISO time.
 * @throws DataError if an outcome is no result.
 */
export function sweepRecordOf(
  manifest: SweepManifest,
  outcomes: ReadonlyMap<string, TrialOutcome>,
  created?: string,
): SweepRecord {
  const { title, command, experiment, axes, versions, trials } = manifest;
  const merged = trials.flatMap(({ id, axes, config }) => {
    const outcome = outcomes.get(id);
    if (!outcome) return [];
    const { format: _, ...rest } = outcome;
    return [{ ...rest, axes, config, link: outcomeFile(id) }];
  });
  return parseSweep({
    format: sweepFormat,
    title,
    command,
    ...(created && { created }),
    experiment,
    axes,
    planned: trials.length,
    trials: merged,
    versions,
    data: dataOf(trials.map(({ config }) => config)),
  });
}

/** Everything that was read, by name. */
function dataOf(configs: readonly TrialConfig[]): SweepRecord["data"] {
  const found = new Map<string, SweepRecord["data"][string]>();
  for (const { set, test } of configs) {
    const name = "file" in set ? set.file : set.distil;
    found.set("file" in set ? `set ${name}` : `raw ${name}`, { name, sha256: set.sha256 });
    found.set(`test ${test.data}`, {
      name: test.data,
      sha256: test.sha256,
      ...(test.images !== undefined && { images: test.images }),
    });
  }
  return Object.fromEntries(found);
}
