import { bare, bareMeanAndDeviation, pValue } from "../../page/numbers.ts";
import { columns as conditions } from "../conditions.ts";
import { type Cell, summaryIn } from "./cells.ts";
import type { Factor } from "./sweepData.ts";

/** Text of one cell; the strongest control is set off. */
export interface TextCell {
  readonly text: string;
  readonly strong?: boolean;
}

/** The conditions of a sweep as text, for Markdown and LaTeX. The first `names` columns are names, all others numbers. */
export interface ConditionTable {
  readonly head: readonly string[];
  readonly names: number;
  readonly rows: readonly (readonly TextCell[])[];
}

/** What the numbers of the table are. */
export const tableNote =
  "Per cent, mean ± standard deviation over n repetitions. ASR is followed by its controls, the strongest in bold; the rise over the strongest control is paired over seeds and has its 95 % interval; p is two-sided (Student’s t), Holm-corrected over the conditions.";

/** Lay out one line a condition: what varies, n, every measured rate, and the rise over the strongest control. */
export function conditionTable(factors: readonly Factor[], cells: readonly Cell[]): ConditionTable {
  const varying = factors.flatMap((factor, i) => (factor.values.length > 1 ? [{ ...factor, i }] : []));
  const measured = conditions.filter((condition) => cells.some((cell) => summaryIn(cell, condition)));
  const attacked = cells.some(({ rise }) => rise);
  return {
    head: [
      ...varying.map(({ name }) => name),
      "n",
      ...measured.map(({ title }) => title),
      ...(attacked ? ["rise over strongest control", "p"] : []),
    ],
    names: varying.length,
    rows: cells.map((cell) => [
      ...varying.map(({ values, i }) => ({ text: values[cell.at[i]] })),
      { text: String(cell.measurements.length) },
      ...measured.map((condition) => {
        const summary = summaryIn(cell, condition);
        return { text: summary ? bareMeanAndDeviation(summary) : "", strong: cell.control === condition };
      }),
      ...(attacked ? riseCells(cell) : []),
    ]),
  };
}

function riseCells({ rise }: Cell): TextCell[] {
  if (!rise) return [{ text: "" }, { text: "" }];
  const interval = Number.isFinite(rise.low) ? ` (${bare(rise.low)} … ${bare(rise.high)})` : "";
  return [
    { text: `${bare(rise.mean)}${interval}` },
    { text: rise.corrected === undefined ? "" : pValue(rise.corrected) },
  ];
}
