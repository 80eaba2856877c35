import { type Html, html } from "../../page/html.ts";
import { percent, plain } from "../../page/numbers.ts";
import { className } from "../conclusion.ts";
import { asr, asrClamped, charted, controls, ctaAfter, ctaBefore, groups, summaryOf } from "../conditions.ts";
import { curveChart } from "../curveChart.ts";
import { rateChart } from "../rateChart.ts";
import type { RunRecord } from "../record.ts";
import { resultTable } from "../resultTable.ts";

/** What the first chart shows. */
const triggerRates = [asr, asrClamped, ...controls];

/** ASR with its controls and CTA, as charts and as a table. */
export function resultSection(record: RunRecord): Html {
  const all = groups(record.results);
  if (all.length === 0) return html``;
  const drawn = charted(all);
  const fewer =
    drawn.length < all.length && html` Only the longest training of each network is drawn; the table below has all.`;
  const chance = 1 / record.set.classes;
  const triggered = triggerRates.some((condition) => summaryOf(record.results, condition));
  const { head, rows } = resultTable(record);
  const source = record.trigger?.sourceClass;
  return html`<h2>Results</h2><div class="pair">
${
  triggered &&
  html`<section class="card"><h3>Triggered test images called the target class</h3>${rateChart("attack success rate with its controls", drawn, triggerRates, chance)}
<p class="note">${source === undefined ? "Images of the target class are left out." : `Images of ${className(record, source)} alone are counted: the trigger moves no others.`} A small dot is one network, the large one their mean, the bar its 95 % interval; the dashed line is chance.${fewer}</p></section>`
}
<div class="stack"><section class="card"><h3>Accuracy on clean test images</h3>${rateChart("clean test accuracy", drawn, [ctaBefore, ctaAfter], chance)}</section>
${record.stealth && stealthCard(record.stealth)}</div></div>
<section class="card scroll below"><table><thead><tr>${head.map((title) => html`<th>${title}</th>`)}</tr></thead>
<tbody>${rows.map(([network, ...cells]) => html`<tr><th>${network}</th>${cells.map((cell) => html`<td class="n">${cell}</td>`)}</tr>`)}</tbody></table><p class="note">Mean ± standard deviation over n networks. ASR is followed by its three controls. RA: triggered images ${source === undefined ? "outside the target class" : `of ${className(record, source)}`} that keep their true class.${record.diverged && html` Diverged: networks, of either set, whose loss stopped being a number; they are in no mean.`}${record.set.stored && html` Stored: what the set's file says its makers measured, by their own protocol.`}</p></section>`;
}

/** How visible the tampering is. */
function stealthCard({ psnr, ssim, maxAbsDifference, outOfGamut }: NonNullable<RunRecord["stealth"]>): Html {
  return html`<section class="card"><h3>How visible the tampering is</h3><dl>
<dt>PSNR</dt><dd>${psnr === null ? "the sets are equal" : `${plain(Math.round(100 * psnr) / 100)} dB`}</dd>
<dt>SSIM</dt><dd>${plain(ssim)} (1 is equal)</dd>
<dt>Largest change</dt><dd>${plain(maxAbsDifference)} of the range from black to white</dd>
<dt>Out of gamut</dt><dd>${percent(outOfGamut.clean)} of the values before, ${percent(outOfGamut.tampered)} after</dd></dl></section>`;
}

/** How the losses went. */
export function curveSection({ curves }: RunRecord): Html {
  const drawn = curves.filter((curve) => curve.series.some((series) => series.points.length > 0));
  if (drawn.length === 0) return html``;
  return html`<h2>Loss curves</h2><div class="pair">${drawn.map((curve) => html`<section class="card"><h3>${curve.title}</h3>${curveChart(curve)}</section>`)}</div>`;
}
