import { type Html, html } from "../../../page/html.ts";
import { counted } from "../../../page/numbers.ts";
import { type Difference, differences } from "../differences.ts";
import { filterCells } from "../select.ts";
import { differenceControls, measureOf } from "../view.ts";
import { choosers } from "./controls.ts";
import { lengthOf, nameCell } from "./nameColumns.ts";
import type { Part } from "./Part.ts";
import { correctedP } from "./resultPart.ts";
import { type Column, pagedTable } from "./table.ts";
import { summaryValue } from "./value.ts";

/** What changing a value of an axis does, everything else equal: paired over seeds and corrected for the number of questions. */
export const differencePart: Part = ({ data, cells }, view, live) => {
  const { factors } = data;
  if (factors.every(({ values }) => values.length < 2)) return html``;
  const measure = measureOf(view.difference);
  const family = differences(filterCells(data, cells, view), factors, measure);
  const shown = family
    .filter(({ factor }) => view.of === "" || Number(view.of) === factor)
    .sort((a, b) => Math.abs(b.test.mean) - Math.abs(a.test.mean));
  const tested = family.filter(({ test }) => test.p !== undefined).length;
  const columns: Column<Difference>[] = [
    {
      title: "axis",
      cell: ({ factor, within }) =>
        nameCell(within === undefined ? factors[factor].name : `${factors[factor].name} (${within})`),
    },
    { title: "from", cell: ({ factor, from }) => valueCell(factors[factor].values[from]) },
    { title: "to", cell: ({ factor, to }) => valueCell(factors[factor].values[to]) },
    {
      title: "difference",
      number: true,
      cell: ({ test }) => html`<td class="r${sure(test) ? " strongest" : ""}">${summaryValue(test)}</td>`,
    },
    { title: "p", number: true, cell: ({ test }) => html`<td class="r">${correctedP(test)}</td>` },
    { title: "conditions", number: true, cell: ({ conditions }) => html`<td class="r">${counted(conditions)}</td>` },
    { title: "seeds", number: true, cell: ({ test }) => html`<td class="r">${test.n}</td>` },
  ];
  return html`<section class="card compact">${live && html`<div class="choose">${choosers(differenceControls(data), view)}</div>`}
${pagedTable(shown, columns, { sort: "", page: "difference-page" }, view, live, "comparisons")}
<p class="note">Change of the ${measure.title}, in points: for each seed averaged over the conditions that are equal in all other axes, never over architectures, then tested over seeds (paired, two-sided Student’s t). p is Holm-corrected over all ${counted(tested)} comparisons of this measure that pass the filters; what stays below 0.05 is bold.</p></section>`;
};

function valueCell(value: string): Html {
  return html`<td class="${lengthOf(value)}">${value}</td>`;
}

function sure({ corrected }: Difference["test"]): boolean {
  return corrected !== undefined && corrected < 0.05;
}
