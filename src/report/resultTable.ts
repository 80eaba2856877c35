import { summarise } from "../metrics/intervals.ts";
import { meanAndDeviation } from "../page/numbers.ts";
import { columns, ctaAfter, ctaBefore, type Group, groups, summaryOf } from "./conditions.ts";
import type { RunRecord } from "./record.ts";

/** A run's results as text: one row a network and length of training, only columns in which something was measured. */
export interface ResultTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Set the results as a table: mean ± standard deviation over n networks, and what the set's file says its makers measured. */
export function resultTable({ results, diverged = [], set }: RunRecord): ResultTable {
  const shown = columns.filter((column) => summaryOf(results, column));
  const all = withDiverged(groups(results), diverged);
  const lost = (group: Group) => diverged.filter((one) => sameGroup(one, group)).length;
  const stored = all.map(({ network }) => storedFor(network, set.stored));
  const any = stored.some((text) => text !== "");
  const compared = shown.includes(ctaAfter);
  const heads = shown.map((column) => (column === ctaBefore && !compared ? "CTA" : column.title));
  return {
    head: [
      "network",
      "epochs",
      "n",
      ...(diverged.length > 0 ? ["diverged"] : []),
      ...(any ? ["stored in the file"] : []),
      ...heads,
    ],
    rows: all.map((group, i) => [
      group.network,
      group.epochs,
      new Set(group.results.map((result) => result.seed)).size,
      ...(diverged.length > 0 ? [lost(group)] : []),
      ...(any ? [stored[i]] : []),
      ...shown.map((column) => {
        const summary = summaryOf(group.results, column);
        return summary ? meanAndDeviation(summary) : "";
      }),
    ]),
  };
}

type Trained = Pick<Group, "network" | "epochs">;

const sameGroup = (a: Trained, b: Trained): boolean => a.network === b.network && a.epochs === b.epochs;

/** All groups of measured networks, and those of which every network diverged. */
function withDiverged(all: readonly Group[], diverged: readonly Trained[]): Group[] {
  const found = [...all];
  for (const { network, epochs } of diverged)
    if (!found.some((group) => sameGroup(group, { network, epochs }))) found.push({ network, epochs, results: [] });
  return found;
}

/** Files write ConvNet where Retort writes convNet. Networks of another width are others. */
function storedFor(network: string, stored: RunRecord["set"]["stored"]): string {
  const [, values] = Object.entries(stored ?? {}).find(([name]) => name.toLowerCase() === network.toLowerCase()) ?? [];
  return values ? meanAndDeviation(summarise(values)) : "";
}
