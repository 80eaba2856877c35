import { type Html, html } from "../../page/html.ts";
import { bare, percent, pValue } from "../../page/numbers.ts";
import { type AuditedAttack, sweepAudits } from "./audits.ts";
import { auditNote, auditTable } from "./auditTable.ts";
import type { SweepRecord } from "./sweepRecord.ts";

/** What audits found: a line an attack, and beneath it every attacked set. Nothing where nothing was audited. */
export function auditSection(record: SweepRecord): Html {
  const audits = sweepAudits(record);
  if (!audits) return html``;
  const { head, names, rows } = auditTable(audits);
  const sets = audits.groups.flatMap((group) => group.sets);
  const varying = record.axes.filter(({ values }) => values.length > 1).map(({ name }) => name);
  return html`<h2>What an audit finds</h2><section class="card"><div class="scroll"><table><thead><tr>${head.map((title, i) => html`<th class="${i < names ? "" : "r"}">${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((text, i) => html`<td class="${i < names ? "" : "r"}">${text}</td>`)}</tr>`)}</tbody></table></div>
<p class="note">${auditNote}</p>
${
  sets.length > 0 &&
  html`<details><summary>Every attacked set</summary><div class="scroll"><table><thead><tr>${varying.map((name) => html`<th>${name}</th>`)}<th class="r">ASR before</th><th class="r">ASR after</th><th>verdict</th><th class="r">p</th><th class="r">class</th><th class="r">place</th><th class="r">drop</th><th class="r">precision</th><th class="r">recall</th><th>its clean set</th></tr></thead>
<tbody>${sets.map((one) => line(one, varying))}</tbody></table></div></details>`
}</section>`;
}

function line({ trial, audit, clean, before, after, effective }: AuditedAttack, varying: readonly string[]): Html {
  const { verdict, p, suspect, truth = {} } = audit;
  const right = (value: boolean | undefined) => (value === undefined ? "" : value ? "right" : "wrong");
  const rate = (value: number | undefined) => (value === undefined ? "" : percent(value, 0));
  return html`<tr>${varying.map((name) => html`<td>${String(trial.axes[name])}</td>`)}<td class="r">${percent(before, 0)}</td><td class="r">${percent(after, 0)}${!effective && html` <span class="sub">not effective</span>`}</td><td>${verdict}</td><td class="r">${p === undefined ? "" : pValue(p)}</td><td class="r">${right(truth.classRight)}</td><td class="r">${right(truth.placeRight)}</td><td class="r">${suspect ? bare(suspect.drop) : ""}</td><td class="r">${rate(truth.precision)}</td><td class="r">${rate(truth.recall)}</td><td>${clean.verdict}</td></tr>`;
}
