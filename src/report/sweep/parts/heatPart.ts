import type { Summary } from "../../../metrics/intervals.ts";
import { type Html, html } from "../../../page/html.ts";
import { bare, bareMeanAndDeviation } from "../../../page/numbers.ts";
import type { Cell } from "../cells.ts";
import { isNetwork } from "../differences.ts";
import { controlRate, type Measure, pool, successRate } from "../measures.ts";
import { filterCells } from "../select.ts";
import type { Factor } from "../sweepData.ts";
import { heatControls, measureOf } from "../view.ts";
import { choosers } from "./controls.ts";
import { lengthOf, nameCell } from "./nameColumns.ts";
import type { Part } from "./Part.ts";
import { intervalText } from "./value.ts";

/** Chosen: what fits on a page; the filters reach the rest. */
const most = { rows: 50, columns: 24 };

/** Any measure over any two axes, averaged over all others but the architectures, which have rows of their own: a table whose cells are coloured by their mean. */
export const heatPart: Part = ({ data, cells }, view, live) => {
  const { factors } = data;
  if (factors.every(({ values }) => values.length < 2)) return html``;
  const [rows, columns] = [Number(view.rows), Number(view.columns)];
  const measure = measureOf(view.shade);
  const shown = filterCells(data, cells, view);
  const network = factors.findIndex(
    ({ name, values }, i) => isNetwork(name) && values.length > 1 && i !== rows && i !== columns,
  );
  const nets = network < 0 ? [undefined] : present(shown, network);
  const down = present(shown, rows).flatMap((row) => nets.map((net) => ({ row, net })));
  const across = rows === columns ? [undefined] : present(shown, columns);
  const placed = new Map<string, Cell[]>();
  const placeOf = (row: number, net: number | undefined, column: number | undefined) => `${row} ${net} ${column}`;
  for (const cell of shown) {
    const place = placeOf(
      cell.at[rows],
      network < 0 ? undefined : cell.at[network],
      rows === columns ? undefined : cell.at[columns],
    );
    const some = placed.get(place);
    if (some) some.push(cell);
    else placed.set(place, [cell]);
  }
  const body = down.slice(0, most.rows).map(({ row, net }) => ({
    name:
      net === undefined ? factors[rows].values[row] : `${factors[rows].values[row]}, ${factors[network].values[net]}`,
    squares: across.slice(0, most.columns).map((c) => {
      const some = placed.get(placeOf(row, net, c)) ?? [];
      return { some, summary: pool(some, measure) };
    }),
  }));
  const scale = Math.max(
    0.01,
    ...body.flatMap(({ squares }) => squares.map(({ summary }) => Math.abs(summary?.mean ?? 0))),
  );
  const cut = down.length > most.rows || across.length > most.columns;
  return html`<section class="card">${live && html`<div class="choose">${choosers(heatControls(data), view)}</div>`}
<div class="scroll"><table class="heat"><thead><tr>${heading(factors[rows].name)}${across
    .slice(0, most.columns)
    .map((c) => heading(c === undefined ? measure.title : factors[columns].values[c]))}</tr></thead>
<tbody>${body.map(
    ({ name, squares }) =>
      html`<tr>${nameCell(name)}${squares.map(({ some, summary }) => square(some, summary, measure, scale))}</tr>`,
  )}</tbody></table></div>
<p class="note">${noteOf(measure, factors, rows, columns)}${cut && html` Only the first ${most.rows} × ${most.columns} values are shown; filters bring up the others.`}</p></section>`;
};

function heading(name: string): Html {
  return html`<th scope="col" class="${lengthOf(name)}">${name}</th>`;
}

/** Indices of a factor's values that occur, in their order. */
function present(cells: readonly Cell[], factor: number): number[] {
  return [...new Set(cells.map(({ at }) => at[factor]))].sort((a, b) => a - b);
}

function square(some: readonly Cell[], summary: Summary | undefined, measure: Measure, scale: number): Html {
  if (!summary) return html`<td></td>`;
  // Ten shades of warm above 0 and of cool below; their colours are in the style sheet.
  const level = Math.round((10 * Math.abs(summary.mean)) / scale);
  const shade = level === 0 ? "" : `${summary.mean < 0 ? "cool" : "warm"}-${level}`;
  const control = measure === successRate ? pool(some, controlRate) : undefined;
  const held = control ? `strongest control ${bareMeanAndDeviation(control)}` : "no control was measured";
  const tip = `${intervalText(summary)}, n = ${summary.n}, ${some.length} ${some.length === 1 ? "condition" : "conditions"}`;
  return html`<td class="${shade}"><span class="v" tabindex="0">${bareMeanAndDeviation(summary)}${measure === successRate && html`<span class="held">${control ? `control ${bare(control.mean)}` : "no control"}</span>`}<span class="tip">${measure === successRate ? `${tip}; ${held}` : tip}</span></span></td>`;
}

function noteOf(measure: Measure, factors: readonly Factor[], rows: number, columns: number): string {
  const others = factors.filter(
    ({ values }, i) => values.length > 1 && i !== rows && i !== columns && !isNetwork(factors[i].name),
  );
  const over = others.length > 0 ? `, averaged over ${others.map(({ name }) => name).join(", ")}` : "";
  const unit = measure.kind === "rate" ? "per cent" : "points";
  const title = measure === successRate ? "ASR with the mean of its strongest controls" : measure.title;
  return `${title[0].toUpperCase()}${title.slice(1)} in ${unit}: mean ± standard deviation over seeds${over}.`;
}
