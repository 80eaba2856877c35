import type { NetworkResult } from "../record.ts";
import type { AuditRecord } from "./auditRecord.ts";
import type { SweepRecord } from "./sweepRecord.ts";

/** What an audit said of the set of a line, as its columns are called. */
const auditColumns: Readonly<Record<string, (audit: AuditRecord) => unknown>> = {
  "audit.verdict": ({ verdict }) => verdict,
  "audit.accused": ({ accused }) => accused,
  "audit.p": ({ p }) => p,
  "audit.class": ({ suspect }) => suspect?.targetClass,
  "audit.classRight": ({ truth }) => truth?.classRight,
  "audit.placeRight": ({ truth }) => truth?.placeRight,
  "audit.drop": ({ suspect }) => suspect?.drop,
  "audit.precision": ({ truth }) => truth?.precision,
  "audit.recall": ({ truth }) => truth?.recall,
  "audit.seconds": ({ seconds }) => seconds,
};

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
 * fractions. Where sets were audited, columns called "audit.…" say what of the set of the line; where an attack moves images of one class
 * alone, `sourceClass` says of which, and ASR counts those.
 */
export function sweepTable(record: SweepRecord): SweepTable {
  const axes = record.axes.map(({ name }) => name);
  const audited = record.trials.some((trial) => trial.status === "ok" && trial.audits);
  const sourced = record.trials.some((trial) => trial.status === "ok" && trial.trigger?.sourceClass !== undefined);
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
    ...(audited ? Object.keys(auditColumns) : []),
    ...(sourced ? ["sourceClass"] : []),
  ];
  const lines = record.trials.flatMap((trial): unknown[][] => {
    const start = [trial.id, ...axes.map((name) => trial.axes[name]), trial.status];
    if (trial.status === "failed")
      return [[...start, trial.error, ...head.slice(start.length + 1).map(() => undefined)]];
    const { seconds, trigger, stealth, audits } = trial;
    const said = (set: NetworkResult["set"]) =>
      audited ? Object.values(auditColumns).map((of) => audits?.[set] && of(audits[set])) : [];
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
      ...said(result.set),
      ...(sourced ? [trigger?.sourceClass] : []),
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
