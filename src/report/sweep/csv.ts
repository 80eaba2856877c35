import type { NetworkResult } from "../record.ts";
import type { SweepRecord } from "./sweepRecord.ts";

/** Numbers of a network, as their columns are called. */
export const rateNames: readonly (keyof NetworkResult)[] = [
  "cta",
  "asr",
  "asrClamped",
  "asrWithoutTrigger",
  "asrRandomTrigger",
  "archetypeAsr",
  "ra",
];

export interface SweepTable {
  readonly head: readonly string[];
  /** Cells in the order of `head`; what was not measured is undefined. */
  readonly lines: readonly (readonly unknown[])[];
}

/**
 * A sweep as one long table: one line a network, one for a trial that failed. Axes are columns called "axis.NAME". Rates are
 * fractions.
 */
export function sweepTable(record: SweepRecord): SweepTable {
  const axes = record.axes.map(({ name }) => name);
  const head = [
    "trial",
    ...axes.map((name) => `axis.${name}`),
    "status",
    "error",
    "network",
    "seed",
    "epochs",
    "set",
    ...rateNames,
    "attackSeconds",
    "evaluationSeconds",
    "inGamut",
    "psnr",
    "ssim",
  ];
  const lines = record.trials.flatMap((trial): unknown[][] => {
    const start = [trial.id, ...axes.map((name) => trial.axes[name]), trial.status];
    if (trial.status === "failed")
      return [[...start, trial.error, ...head.slice(start.length + 1).map(() => undefined)]];
    const { seconds, trigger, stealth } = trial;
    const end = [seconds.attack, seconds.evaluation, trigger?.inGamut, stealth?.psnr, stealth?.ssim];
    return trial.evaluations.map((result) => [
      ...start,
      undefined,
      result.network,
      result.seed,
      result.epochs,
      result.set,
      ...rateNames.map((name) => result[name]),
      ...end,
    ]);
  });
  return { head, lines };
}

/**
 * Write a sweep's table as CSV (RFC 4180, lines end with "\n"); what was not measured is empty.
 *
 * @example
 * const csv = renderSweepCsv(parseSweep(JSON.parse(text)));
 */
export function renderSweepCsv(record: SweepRecord): string {
  const { head, lines } = sweepTable(record);
  return csvText([head, ...lines]);
}

/** Lines of cells as RFC 4180 has them; undefined is empty. */
export const csvText = (lines: readonly (readonly unknown[])[]): string =>
  `${lines.map((cells) => cells.map(quoted).join(",")).join("\n")}\n`;

function quoted(value: unknown): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
