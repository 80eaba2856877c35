import type { SweepRecord } from "../../report/sweep/sweepRecord.ts";

export type Cell = string | number | boolean | undefined;

/** A table in memory: the same columns in every row. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const rates = ["cta", "asr", "asrClamped", "asrWithoutTrigger", "asrRandomTrigger", "archetypeAsr", "ra"] as const;

/**
 * A sweep as one long table: a row for every network that was trained, a row for every trial that failed. Axes are columns of
 * their own names. Rates are fractions; times are left out, so that the same trials give the same bytes.
 */
export function sweepRows(sweep: SweepRecord): Rows {
  const axes = sweep.axes.map(({ name }) => name);
  const own = ["architecture", "receiver", "epochs", "trainedOn", ...rates, "triggerInGamut", "error"];
  const rows = sweep.trials.flatMap((trial): Cell[][] => {
    const head: Cell[] = [trial.id, trial.status, ...axes.map((name) => trial.axes[name])];
    if (trial.status === "failed") return [[...head, ...own.slice(1).map(() => undefined), trial.error]];
    return trial.evaluations.map((one) => [
      ...head,
      one.network,
      one.seed,
      one.epochs,
      one.set,
      ...rates.map((rate) => one[rate]),
      trial.trigger?.inGamut,
      undefined,
    ]);
  });
  return { columns: ["trial", "status", ...axes, ...own], rows };
}
