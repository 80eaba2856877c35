import { type Html, html } from "../../../page/html.ts";
import { cross, plane } from "../../../page/plane.ts";
import { asr } from "../../conditions.ts";
import { summaryIn } from "../cells.ts";
import { ends, frontOf, type Trade, trades } from "../front.ts";
import { type Measure, rise, successRate } from "../measures.ts";
import { filterCells } from "../select.ts";
import { frontControls } from "../view.ts";
import { choosers } from "./controls.ts";
import { mergedColumn } from "./nameColumns.ts";
import type { Part } from "./Part.ts";
import { type Column, pagedTable } from "./table.ts";
import { summaryValue } from "./value.ts";

/** Chosen: numbers in a chart that still can be told apart, and lines beside it. */
const most = 12;

/** Loss of CTA against what the attack gains: every condition as a dot, the undominated ones numbered and listed. */
export const frontPart: Part = ({ data, cells }, view, live) => {
  const gain = view.gain === successRate.id ? successRate : rise;
  const all = trades(filterCells(data, cells, view), gain);
  if (all.length === 0)
    return html`<section class="card"><p class="note">No condition was measured for both its loss of CTA and its ASR.</p></section>`;
  const front = frontOf(all);
  const numbered = front.slice(-most);
  const columns: Column<Trade>[] = [
    { title: "", cell: (trade) => html`<td class="r">${numbered.indexOf(trade) + 1}</td>` },
    mergedColumn(data.factors, ({ cell }: Trade) => cell.at),
    { title: "loss of CTA", number: true, cell: ({ loss }) => html`<td class="r">${summaryValue(loss)}</td>` },
    { title: "ASR", number: true, cell: ({ cell }) => html`<td class="r">${summaryValue(asrOf(cell))}</td>` },
    {
      title: "strongest control",
      number: true,
      cell: ({ cell }) =>
        html`<td class="r">${cell.control && summaryValue(summaryIn(cell, cell.control), cell.control.title)}</td>`,
    },
    { title: "rise", number: true, cell: ({ cell }) => html`<td class="r">${summaryValue(cell.rise)}</td>` },
  ];
  return html`<section class="card">${live && html`<div class="choose">${choosers(frontControls(data), view)}</div>`}<div class="pair always"><div>${[560, 330].map((width) => drawing(all, numbered, gain, width))}</div>
<div>${pagedTable(numbered, columns, { sort: "", page: "" }, { size: String(most) }, false, "conditions")}</div></div>
<p class="note">A dot is a condition; the numbered ones are not beaten by any other in both directions, and carry their 95 % intervals.${front.length > most && html` Of ${front.length} on the front the last ${most} are numbered.`}</p></section>`;
};

const asrOf = (cell: Trade["cell"]) => summaryIn(cell, asr);

function drawing(all: readonly Trade[], numbered: readonly Trade[], gain: Measure, width: number): Html {
  const height = 360;
  const intervals = numbered.flatMap(({ loss, gain: won }) => [ends(loss), ends(won)]);
  const area = plane({
    width,
    height,
    across: {
      values: [
        ...all.map(({ loss }) => loss.mean),
        ...intervals.flatMap((pair, i) => (i % 2 === 0 ? (pair ?? []) : [])),
      ],
      title: "loss of CTA, points",
    },
    up: {
      values: [
        ...all.map(({ gain: won }) => won.mean),
        ...intervals.flatMap((pair, i) => (i % 2 === 1 ? (pair ?? []) : [])),
      ],
      title: gain === rise ? "rise of ASR over the strongest control, points" : "ASR, per cent",
    },
  });
  const { x, y } = area;
  // One path for all dots: a line of no length with round ends.
  const dots = all.map(({ loss, gain: won }) => `M${x(loss.mean)} ${y(won.mean)}h0`).join("");
  const steps = numbered
    .map(({ loss, gain: won }, i) => (i === 0 ? `M${x(loss.mean)} ${y(won.mean)}` : `H${x(loss.mean)}V${y(won.mean)}`))
    .join("");
  return html`<svg class="chart ${width > 400 ? "wide" : "narrow"}" viewBox="0 0 ${width} ${height}" role="img" aria-label="loss of CTA against ${gain.title}; the numbers are in the table">${area.frame}
<path d="${dots}" fill="none" stroke="var(--series-2)" stroke-width="6" stroke-linecap="round" opacity="${all.length > 200 ? ".35" : ".6"}"/><path d="${steps}" fill="none" stroke="var(--series-1)" stroke-width="1.2" stroke-dasharray="3 3"/>
${numbered.map((trade) => cross(area, { x: trade.loss.mean, y: trade.gain.mean }, ends(trade.loss), ends(trade.gain), "var(--series-1)"))}<g font-size="11" font-weight="bold" fill="var(--ink)" stroke="var(--card)" stroke-width="3" paint-order="stroke">${numbered.map(({ loss, gain: won }, i) => html`<text x="${x(loss.mean) + 7}" y="${y(won.mean) - 7}">${i + 1}</text>`)}</g></svg>`;
}
