import { html } from "../../../page/html.ts";
import { counted, pValue } from "../../../page/numbers.ts";
import { archetypeAsr, asr, asrClamped, type Condition, controls, ctaAfter, ctaBefore, ra } from "../../conditions.ts";
import { type Cell, type CorrectedTest, summaryIn } from "../cells.ts";
import { filterCells } from "../select.ts";
import { factorColumns } from "./nameColumns.ts";
import type { Part } from "./Part.ts";
import { type Column, pagedTable } from "./table.ts";
import { summaryValue, withTip } from "./value.ts";

/** Rates that the table shows, in reading order. */
const shownRates = [ctaBefore, ctaAfter, asr, asrClamped, ...controls];
/** What stands behind the rise. */
const furtherRates = [archetypeAsr, ra];

/** One line a condition: clean beside tampered, and each ASR beside its controls and its rise over the strongest. */
export const resultPart: Part = ({ data, cells }, view, live) => {
  const shown = filterCells(data, cells, view);
  const family = cells.filter(({ rise }) => rise?.p !== undefined).length;
  const has = (condition: Condition) => cells.some((cell) => summaryIn(cell, condition));
  const measured = shownRates.filter(has);
  const columns = [
    ...factorColumns(data.factors, (cell: Cell) => cell.at),
    {
      title: "n",
      number: true,
      id: "n",
      of: (cell: Cell) => cell.measurements.length,
      cell: (cell: Cell) => html`<td class="r">${cell.measurements.length}</td>`,
    },
    ...measured.map(rateColumn),
    ...(measured.includes(asr) ? riseColumns : []),
    ...furtherRates.filter(has).map(rateColumn),
  ];
  return html`<section class="card">${pagedTable(shown, columns, { sort: "sort", page: "page" }, view, live, "conditions")}
<p class="note">Per cent, mean ± standard deviation over n repetitions; the 95 % interval shows under the pointer, at a touch, or with the tab key. CTA: accuracy on clean test images, of networks of the clean set before and of the tampered set after.${measured.includes(asr) ? html` ASR: test images of other classes (of one source class alone, where the attack names one) that are called the target once they carry the trigger; ${family > 0 ? `its controls follow it, the strongest in bold. The rise over the strongest control is paired over seeds; p is two-sided (Student’s t) and Holm-corrected over the ${counted(family)} conditions of the sweep.` : "the rise over its strongest control is what counts."}${has(archetypeAsr) ? " Archetype-ASR: the same on stamped archetypes of the attack." : ""} RA: stamped test images that still get their true class.` : html``}</p></section>`;
};

function rateColumn(condition: Condition): Column<Cell> {
  const id = condition.title.toLowerCase().replace(/[^a-z]+/g, "-");
  return {
    title: condition.title,
    number: true,
    id,
    of: (cell) => summaryIn(cell, condition)?.mean,
    cell: (cell) =>
      html`<td class="r${cell.control === condition ? " strongest" : ""}">${summaryValue(summaryIn(cell, condition), condition === ctaAfter ? change(cell) : "")}</td>`,
  };
}

const riseColumns: Column<Cell>[] = [
  {
    title: "rise over strongest control",
    number: true,
    id: "rise",
    of: ({ rise }) => rise?.mean,
    cell: ({ rise, control, verdict }) =>
      html`<td class="r ${verdict}">${rise ? summaryValue(rise, `over “${control?.title}”`) : withTip("–", "no control was measured")}</td>`,
  },
  {
    title: "p",
    number: true,
    id: "p",
    of: ({ rise }) => rise?.corrected,
    cell: ({ rise }) => html`<td class="r">${correctedP(rise)}</td>`,
  },
];

/** A corrected p-value with the plain one as its tip. */
export function correctedP(test: CorrectedTest | undefined) {
  if (test?.p === undefined || test.corrected === undefined) return html``;
  return withTip(pValue(test.corrected), `p = ${pValue(test.p)} before the correction`.replace("= <", "<"));
}

function change({ ctaChange }: Cell): string {
  if (!ctaChange) return "";
  const p = ctaChange.corrected === undefined ? "" : `, p ${pValue(ctaChange.corrected).replace(/^(?=\d)/, "= ")}`;
  const text = (100 * ctaChange.mean).toFixed(1).replace("-", "−");
  return `changed by ${text} points${p}`;
}
