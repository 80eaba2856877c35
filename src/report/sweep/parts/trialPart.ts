import { html } from "../../../page/html.ts";
import { bare, duration } from "../../../page/numbers.ts";
import { asr, ctaAfter, ctaBefore } from "../../conditions.ts";
import { type Cell, rateOf } from "../cells.ts";
import { isNetwork } from "../differences.ts";
import { controlRate } from "../measures.ts";
import { choiceFilter, wordFilter } from "../select.ts";
import type { ListedTrial, Measurement, SweepData } from "../sweepData.ts";
import { trialControls, type View } from "../view.ts";
import { choosers } from "./controls.ts";
import { factorColumns } from "./nameColumns.ts";
import type { Part } from "./Part.ts";
import { type Column, pagedTable } from "./table.ts";

/** A trial with the means of what was measured in it. */
interface Row {
  readonly trial: ListedTrial;
  readonly before?: number;
  readonly after?: number;
  readonly asr?: number;
  readonly control?: number;
}

/** Every trial, failed ones too, with a link to its own JSON. */
export const trialPart: Part = ({ data, cells }, view, live) => {
  const passes = trialFilter(data, view);
  const measured = measurementsByTrial(cells);
  const network = data.factors.findIndex(({ name }) => isNetwork(name));
  const rows = data.trials.flatMap((trial, i) => (passes(trial) ? [rowOf(trial, measured.get(i) ?? [], network)] : []));
  const columns: Column<Row>[] = [
    {
      title: "trial",
      cell: ({ trial: { id, link } }) => {
        const name = html`<code>${id.slice(0, 10)}</code>`;
        return html`<td class="short">${link ? html`<a href="${link}">${name}</a>` : name}</td>`;
      },
    },
    ...factorColumns(data.axes, ({ trial }: Row) => trial.at),
    {
      title: "status",
      cell: ({ trial: { error } }) =>
        error === undefined ? html`<td>ok</td>` : html`<td class="error"><b>failed</b> ${error}</td>`,
    },
    rate("CTA before", "cta-before", ({ before }) => before),
    rate("CTA after", "cta-after", ({ after }) => after),
    rate("ASR", "asr", (row) => row.asr),
    {
      ...rate("strongest control", "control", ({ control }) => control),
      cell: ({ asr: attacked, control }) =>
        html`<td class="r">${control !== undefined ? bare(control) : attacked !== undefined && "none"}</td>`,
    },
    rate("rise", "rise", (row) =>
      row.asr === undefined || row.control === undefined ? undefined : row.asr - row.control,
    ),
    ...looksColumns(data),
    {
      title: "time",
      number: true,
      id: "time",
      of: ({ trial }) => trial.seconds,
      cell: ({ trial: { seconds } }) => html`<td class="r">${seconds !== undefined && duration(seconds)}</td>`,
    },
  ];
  return html`<section class="card">${live && html`<div class="choose">${choosers(trialControls(), view)}</div>`}
${pagedTable(rows, columns, { sort: "trial-sort", page: "trial-page" }, view, live, "trials")}
<p class="note">Per cent, means over the networks of the trial, where all are of one architecture. The strongest control is that of the trial’s condition; time is that of its attack and evaluation.${data.trials.some(({ psnr }) => psnr !== undefined) && " PSNR: tampered against clean set."}</p></section>`;
};

function rate(title: string, id: string, of: (row: Row) => number | undefined): Column<Row> {
  return {
    title,
    number: true,
    id,
    of,
    cell: (row) => {
      const value = of(row);
      return html`<td class="r">${value !== undefined && bare(value)}</td>`;
    },
  };
}

/** How visible trigger and tampering are, where trials say so. */
function looksColumns({ trials }: SweepData): Column<Row>[] {
  const psnr: Column<Row> = {
    title: "PSNR",
    number: true,
    id: "psnr",
    of: ({ trial }) => (trial.psnr === null ? Number.MAX_VALUE : trial.psnr),
    cell: ({ trial }) =>
      html`<td class="r">${trial.psnr === null ? "equal" : trial.psnr !== undefined && `${trial.psnr.toFixed(1)} dB`}</td>`,
  };
  const gamut: Column<Row> = {
    title: "trigger in gamut",
    id: "gamut",
    of: ({ trial }) => (trial.inGamut === undefined ? undefined : Number(trial.inGamut)),
    cell: ({ trial }) => html`<td>${trial.inGamut !== undefined && (trial.inGamut ? "yes" : "no")}</td>`,
  };
  return [
    ...(trials.some((trial) => trial.psnr !== undefined) ? [psnr] : []),
    ...(trials.some(({ inGamut }) => inGamut !== undefined) ? [gamut] : []),
  ];
}

/** Filters by axes, status, and words of any axis, the id or the error. What varies within trials does not tell them apart. */
function trialFilter({ factors, axes }: SweepData, view: View): (trial: ListedTrial) => boolean {
  const places = factors.map(({ name }) => axes.findIndex((axis) => axis.name === name));
  const [chosen, worded] = [choiceFilter(factors, view), wordFilter(view)];
  return (trial) =>
    (view.status === "" || (view.status === "failed") === (trial.error !== undefined)) &&
    chosen(places.map((place) => trial.at[place])) &&
    worded([trial.id, trial.error ?? "", ...axes.map(({ values }, i) => values[trial.at[i]])]);
}

function measurementsByTrial(cells: readonly Cell[]): Map<number, [Measurement, Cell][]> {
  const found = new Map<number, [Measurement, Cell][]>();
  for (const cell of cells)
    for (const measurement of cell.measurements) {
      const list = found.get(measurement.trial) ?? [];
      list.push([measurement, cell]);
      found.set(measurement.trial, list);
    }
  return found;
}

function rowOf(trial: ListedTrial, all: readonly [Measurement, Cell][], network: number): Row {
  // Architectures are not averaged: of a trial that holds several, the conditions say what each did.
  const measured = new Set(all.map(([{ at }]) => at[network])).size > 1 ? [] : all;
  const mean = (of: (measurement: Measurement, cell: Cell) => number | null) => {
    const values = measured.flatMap(([measurement, cell]) => of(measurement, cell) ?? []);
    return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
  };
  return {
    trial,
    before: mean((one) => rateOf(one, ctaBefore)),
    after: mean((one) => rateOf(one, ctaAfter)),
    asr: mean((one) => rateOf(one, asr)),
    control: mean(controlRate.of),
  };
}
