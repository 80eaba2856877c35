import { frame } from "../../page/frame.ts";
import { Html, html } from "../../page/html.ts";
import { counted, duration } from "../../page/numbers.ts";
import { facts, flatten, settings, versionsAndData } from "../sections/account.ts";
import { verdictCard } from "../sections/verdict.ts";
import { auditSection } from "./auditSection.ts";
import { cellsOf } from "./cells.ts";
import { pageScript } from "./pageScript.ts";
import type { Sweep } from "./parts/Part.ts";
import { parts } from "./parts.ts";
import { concludeSweep } from "./sweepConclusion.ts";
import { sweepData } from "./sweepData.ts";
import type { SweepRecord } from "./sweepRecord.ts";
import { sweepStyle } from "./sweepStyle.ts";
import { sweepTiles } from "./sweepTiles.ts";
import { initialView } from "./view.ts";

export interface SweepPageOptions {
  /** Where the sweep's folder lies as seen from the page, for links to trials: "../runs/a/". Default: beside the page. */
  readonly folder?: string;
}

/**
 * Render a sweep's record as one self-contained page.
 *
 * A pure function: same record, same bytes. The page can be read without its script, which filters, sorts and pages;
 * the content policy allows that one script and nothing else.
 *
 * @example
 * const html = renderSweepHtml(parseSweep(JSON.parse(text)));
 */
export function renderSweepHtml(record: SweepRecord, { folder = "" }: SweepPageOptions = {}): string {
  const plain = sweepData(record);
  const trials = plain.trials.map((trial) => (trial.link ? { ...trial, link: encodeURI(folder + trial.link) } : trial));
  const data = { ...plain, trials };
  const sweep: Sweep = { data, cells: cellsOf(data) };
  const seconds = totalSeconds(record);
  return frame({
    title: record.title,
    made: [
      `Retort ${record.versions.retort ?? ""}`.trim(),
      record.created?.slice(0, 16).replace("T", " "),
      `${counted(record.trials.length)} ${record.trials.length === 1 ? "trial" : "trials"}`,
      seconds > 0 && duration(seconds),
    ],
    style: sweepStyle,
    script: pageScript,
    main: html`${verdictCard(concludeSweep(data, sweep.cells, record.planned))}
${sweepTiles(record, sweep)}
${whatWasDone(record)}
${Object.entries(parts).map(([id, part]) => section(id, part, sweep))}
${auditSection(record)}
${configurations(record)}
<script type="application/json" id="data">${jsonInPage(data)}</script>`,
    footer:
      "Made by Retort from the sweep’s record alone; the rates are those of the networks after their last epoch, never of the best one.",
  });
}

/** A part under its heading; one that has nothing to say has no heading either. */
function section(id: string, { heading, render }: (typeof parts)[string], sweep: Sweep): Html {
  const content = render(sweep, initialView(sweep.data), false);
  return html`${heading && content.markup && html`<h2>${heading}</h2>`}<div id="${id}">${content}</div>\n`;
}

function whatWasDone(record: SweepRecord): Html {
  const networks = record.trials.flatMap((trial) => (trial.status === "ok" ? trial.evaluations : [])).length;
  const seconds = totalSeconds(record);
  return facts([
    ...record.axes.map(({ name, values, repeats }): [string, unknown] => [
      name,
      `${values.slice(0, 40).join(", ")}${values.length > 40 ? ` and ${values.length - 40} more` : ""}${repeats ? " (repetitions)" : ""}`,
    ]),
    ["Networks", networks > 0 && `${counted(networks)} measured`],
    ["Time", seconds > 0 && `${duration(seconds)} of attacks and evaluations`],
    ["Command", html`<code>${record.command}</code>`],
  ]);
}

/** What the sweep took: every evaluation, and every attack once that trials share. */
function totalSeconds({ trials }: SweepRecord): number {
  const attacks = new Map<string, number>();
  let evaluations = 0;
  for (const trial of trials) {
    if (trial.status !== "ok") continue;
    const { set, attack, seed } = trial.config;
    attacks.set(JSON.stringify([set, attack, seed]), trial.seconds.attack ?? 0);
    evaluations += trial.seconds.evaluation;
  }
  return evaluations + [...attacks.values()].reduce((sum, seconds) => sum + seconds, 0);
}

/** The experiment, and what all its trials have in common; the rest of a trial's configuration is in its own JSON. */
function configurations(record: SweepRecord): Html {
  const all = record.trials.map(({ config }) => new Map(flatten(config)));
  const first = all[0] ?? new Map();
  const common = [...first].filter(([name, value]) => all.every((config) => config.get(name) === value));
  const names = new Set(all.flatMap((config) => [...config.keys()]));
  const differing = [...names].filter((name) => !common.some(([known]) => known === name));
  return html`<h2>Exact configuration</h2><section class="card"><h3>The experiment</h3>${settings(flatten(record.experiment))}</section>
${common.length > 0 && html`<section class="card below"><h3>Equal in all trials</h3>${settings(common)}${differing.length > 0 && html`<p class="note">What differs between trials: ${differing.join(", ")}. Each trial’s own JSON holds its whole configuration.</p>`}</section>`}
${versionsAndData(record)}`;
}

/** JSON that cannot end its script element. */
function jsonInPage(value: unknown): Html {
  return new Html(JSON.stringify(value).replace(/</g, "\\u003c"));
}
