import { asrConditions, type Condition, ctaConditions, groups, summaryOf } from "../conditions.ts";
import { curveChart } from "../curveChart.ts";
import { type Html, html } from "../html.ts";
import { meanAndDeviation } from "../numbers.ts";
import { rateChart } from "../rateChart.ts";
import type { RunRecord } from "../record.ts";

const columns: readonly (Condition & { title: string })[] = [
  { ...ctaConditions[0], title: "CTA before" },
  { ...ctaConditions[1], title: "CTA after" },
  { ...asrConditions[0], title: "ASR" },
  { ...asrConditions[1], title: "control: clean set" },
  { ...asrConditions[2], title: "control: no trigger" },
  { ...asrConditions[3], title: "control: random trigger" },
  { id: "ra", tone: 0, label: "RA", title: "RA", set: "tampered", of: (result) => result.ra },
  {
    id: "archetypes",
    tone: 0,
    label: "archetype-ASR",
    title: "archetype-ASR",
    set: "tampered",
    of: (result) => result.archetypeAsr,
  },
];

/** ASR with its controls and CTA, as charts and as a table. */
export function resultSection(record: RunRecord): Html {
  const all = groups(record.results);
  if (all.length === 0) return html``;
  const chance = 1 / record.set.classes;
  const triggered = asrConditions.some((condition) => summaryOf(record.results, condition));
  const shown = columns.filter((column) => summaryOf(record.results, column));
  return html`<h2>Results</h2><div class="pair">
${
  triggered &&
  html`<section class="card"><h3>Triggered test images called the target class</h3>${rateChart("asr", "attack success rate with its controls", all, asrConditions, chance)}
<p class="note">Images of the target class are left out. A small dot is one network, the large one their mean, the bar its 95 % interval; the dashed line is chance.</p></section>`
}
<section class="card"><h3>Accuracy on clean test images</h3>${rateChart("cta", "clean test accuracy", all, ctaConditions, chance)}</section></div>
<section class="card scroll results"><table><thead><tr><th>Network</th><th>Epochs</th><th>n</th>${shown.map(({ title }) => html`<th>${title}</th>`)}</tr></thead>
<tbody>${all.map(
    ({ network, epochs, results }) =>
      html`<tr><th>${network}</th><td>${epochs}</td><td>${new Set(results.map((result) => result.seed)).size}</td>${shown.map(
        (column) => {
          const summary = summaryOf(results, column);
          return html`<td class="n">${summary && meanAndDeviation(summary)}</td>`;
        },
      )}</tr>`,
  )}</tbody></table><p class="note">Mean ± standard deviation over n networks. RA: triggered images outside the target class that keep their true class.</p></section>`;
}

/** How the losses went. */
export function curveSection({ curves }: RunRecord): Html {
  const drawn = curves.filter((curve) => curve.series.some((series) => series.points.length > 0));
  if (drawn.length === 0) return html``;
  return html`<h2>Loss curves</h2><div class="pair">${drawn.map((curve, i) => html`<section class="card"><h3>${curve.title}</h3>${curveChart(`curve-${i}`, curve)}</section>`)}</div>`;
}
