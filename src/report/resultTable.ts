import { summarise } from "../metrics/intervals.ts";
import { columns, ctaAfter, ctaBefore, groups, summaryOf } from "./conditions.ts";
import { meanAndDeviation } from "./numbers.ts";
import type { RunRecord } from "./record.ts";

/** A run's results as text: one row a network and length of training, only columns in which something was measured. */
export interface ResultTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Set the results as a table: mean ± standard deviation over n networks, and what the set's file says its makers measured. */
export function resultTable({ results, set }: RunRecord): ResultTable {
  const shown = columns.filter((column) => summaryOf(results, column));
  const all = groups(results);
  const stored = all.map(({ network }) => storedFor(network, set.stored));
  const any = stored.some((text) => text !== "");
  const compared = shown.includes(ctaAfter);
  const heads = shown.map((column) => (column === ctaBefore && !compared ? "CTA" : column.title));
  return {
    head: ["network", "epochs", "n", ...(any ? ["stored in the file"] : []), ...heads],
    rows: all.map((group, i) => [
      group.network,
      group.epochs,
      new Set(group.results.map((result) => result.seed)).size,
      ...(any ? [stored[i]] : []),
      ...shown.map((column) => {
        const summary = summaryOf(group.results, column);
        return summary ? meanAndDeviation(summary) : "";
      }),
    ]),
  };
}

/** Files write ConvNet where Retort writes convNet. Networks of another width are others. */
function storedFor(network: string, stored: RunRecord["set"]["stored"]): string {
  const [, values] = Object.entries(stored ?? {}).find(([name]) => name.toLowerCase() === network.toLowerCase()) ?? [];
  return values ? meanAndDeviation(summarise(values)) : "";
}
