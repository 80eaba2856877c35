import type { RunRecord } from "./record.ts";
import { csvText, rateNames } from "./sweep/csv.ts";

/** Write a run's networks as CSV, one line each, as the lines of a sweep's table are; rates are fractions. */
export function toCsv({ results, diverged = [] }: Pick<RunRecord, "results" | "diverged">): string {
  const head = ["status", "error", "network", "seed", "epochs", "set", ...rateNames];
  const measured = results.map((result) => [
    "ok",
    undefined,
    ...[result.network, result.seed, result.epochs, result.set],
    ...rateNames.map((name) => result[name]),
  ]);
  const lost = diverged.map(({ network, seed, epochs, set, divergedAt }) => [
    "diverged",
    `diverged in epoch ${divergedAt + 1}`,
    ...[network, seed, epochs, set],
    ...rateNames.map(() => undefined),
  ]);
  return csvText([head, ...measured, ...lost]);
}
