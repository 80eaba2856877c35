import type { ContactSheet } from "../../../audit/inspect/contactSheet.ts";
import type { Inspection } from "../../../audit/inspect/inspect.ts";
import type { SetReport } from "../../../audit/inspect/inspectSet.ts";
import { extent } from "../../../core/extent.ts";
import { toBase64 } from "../../../page/base64.ts";
import { frame } from "../../../page/frame.ts";
import { type Html, html } from "../../../page/html.ts";
import { style } from "../../../page/style.ts";
import { saysNormalisation } from "./saysNormalisation.ts";

const inspectionStyle = `${style}
.dangerous,.unsafe,.unknown,.tampered{--tone:var(--worked);color:var(--worked)}
.warning{--tone:var(--weak);color:var(--weak)}
.fine{--tone:var(--failed)}
.sheet img{width:auto;max-width:100%}
meter{width:6rem;height:.7rem}
.short{white-space:nowrap}
/* On a narrow screen a row with a sentence becomes a line of facts with the sentence below it. */
@media (max-width:560px){.rows thead,.rows .number{display:none}
.rows tr{display:block;padding:6px 0;border-bottom:1px solid var(--rule)}
.rows td{display:inline-block;padding:1px 12px 1px 0;border:0}
.rows .prose{display:block}}`;

/**
 * Write an inspection as one page that loads nothing and runs nothing (page/frame.ts).
 *
 * @param sheet a PNG and its caption.
 */
export function inspectionPage(inspection: Inspection, sheet?: { png: Uint8Array; of: ContactSheet }): string {
  const { name, format, verdict, set, globals } = inspection;
  return frame({
    title: name,
    made: [format ? `read as ${format}` : "not recognised"],
    style: inspectionStyle,
    main: html`<section class="card verdict ${verdict.replace(" ", "-")}"><h2>${verdict}</h2><p>${summary(inspection)}</p></section>
${set && facts(set)}
${sheet && figure(sheet)}
${findings(inspection)}
${set && set.kind === "distilled" && guesses(set)}
${accuracies(inspection)}
${globals.length > 0 && html`<h2>Globals that pickles name</h2><div class="card"><ul>${globals.map((global) => html`<li><code>${global}</code></li>`)}</ul></div>`}
${objects(inspection)}`,
    footer: "Made by retort inspect. Nothing that the file holds was executed.",
  });
}

function summary({ findings, set }: Inspection): string {
  const of = set ? `${set.shape[0]} images of ${set.classes} classes` : "no set was read";
  const n = findings.length;
  return `${of}; ${n === 0 ? "no findings" : n === 1 ? "one finding" : `${n} findings`}.`;
}

function facts(set: SetReport): Html {
  const [n, c, h, w] = set.shape;
  const channels = set.statistics.channels.slice(0, 8);
  const rows: [string, string][] = [
    ["Kind", set.kind === "distilled" ? "distilled set" : "raw set"],
    ["Images", `${n} of ${c} × ${h} × ${w}, ${set.dtype}`],
    [
      "Classes",
      `${set.classes}${set.ipc === undefined ? ", different numbers of images" : `, ${set.ipc} images each`}, ${set.order}`,
    ],
    ["Labels", set.labelKind === "hard" ? "hard" : `soft, ${set.labelKind}`],
    [
      "Range",
      `${short(extent(set.statistics.channels.map(({ min }) => min)).min)} … ${short(extent(set.statistics.channels.map(({ max }) => max)).max)}`,
    ],
    ["Mean per channel", channels.map(({ mean }) => short(mean)).join(", ")],
    ["Deviation per channel", channels.map(({ std }) => short(std)).join(", ")],
    ["Normalisation", saysNormalisation(set)],
  ];
  if (set.classNames) rows.push(["Class names", set.classNames.slice(0, 50).join(", ")]);
  for (const [key, value] of Object.entries(set.metadata ?? {}).slice(0, 50))
    rows.push([key.slice(0, 80), entry(value)]);
  return html`<h2>The set</h2><div class="card"><dl>${rows.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl></div>`;
}

/** An entry of a set's metadata. */
function entry(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 399)}…` : text;
}

function figure({ png, of }: { png: Uint8Array; of: ContactSheet }): Html {
  return html`<h2>Images</h2><figure class="card sheet"><img src="data:image/png;base64,${toBase64(png)}" width="${of.width}" height="${of.height}" alt="Contact sheet of the set: ${of.caption}"><figcaption>${of.caption}</figcaption></figure>`;
}

function findings({ findings }: Inspection): Html {
  if (findings.length === 0) return html`<h2>Findings</h2><p class="note">None.</p>`;
  return html`<h2>Findings</h2><div class="card scroll"><table class="rows"><thead><tr><th scope="col">Severity</th><th scope="col">Rule</th><th scope="col">What was found</th></tr></thead><tbody>${findings.map(
    ({ severity, rule, message, file, offset }) =>
      html`<tr><td class="short ${severity}">${severity}</td><td class="short"><code>${rule}</code></td><td class="prose">${message}${file && html` <span class="sub">${file}</span>`}${offset !== undefined && html` <span class="sub">byte ${offset}</span>`}</td></tr>`,
  )}</tbody></table></div>`;
}

function guesses({ guesses, readings }: SetReport): Html {
  const ambiguous =
    readings.length > 1 && html`<p>Ambiguous: the numbers do not tell ${readings.join(", ")} apart.</p>`;
  return html`<h2>What may have been done to the pixels</h2>${ambiguous}<div class="card scroll"><table class="rows"><thead><tr><th scope="col">Guess</th><th scope="col">Confidence</th><th scope="col" class="number r">Out of gamut</th><th scope="col">Evidence</th></tr></thead><tbody>${guesses.map(
    ({ name, confidence, outOfGamut, evidence }) =>
      html`<tr><td class="short">${name}</td><td class="short"><meter min="0" max="1" value="${confidence.toFixed(3)}" aria-label="confidence in ${name}"></meter> ${(100 * confidence).toFixed(0)} %</td><td class="number r">${outOfGamut === undefined ? "" : `${(100 * outOfGamut).toFixed(1)} %`}</td><td class="prose">${evidence.join("; ")}</td></tr>`,
  )}</tbody></table></div>`;
}

function accuracies({ accuracies }: Inspection): Html | undefined {
  const nets = Object.entries(accuracies);
  if (nets.length === 0) return undefined;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return html`<h2>Accuracies stored in the file</h2><div class="card scroll"><table><thead><tr><th scope="col">Network</th><th scope="col" class="number r">Mean</th><th scope="col" class="number r">Lowest</th><th scope="col" class="number r">Highest</th><th scope="col" class="number r">Values</th></tr></thead><tbody>${nets.map(
    ([net, values]) =>
      html`<tr><td>${net}</td><td class="number r">${percent(values.reduce((a, b) => a + b, 0) / values.length)}</td><td class="number r">${percent(extent(values).min)}</td><td class="number r">${percent(extent(values).max)}</td><td class="number r">${values.length}</td></tr>`,
  )}</tbody></table></div>`;
}

function objects({ objects }: Inspection): Html | undefined {
  if (objects.length === 0) return undefined;
  return html`<h2>Objects in the file</h2><div class="card scroll"><table><thead><tr><th scope="col">Object</th><th scope="col">Type</th><th scope="col">Shape</th><th scope="col">Range</th></tr></thead><tbody>${objects
    .slice(0, 500)
    .map(
      ({ path, dtype, shape, min, max }) =>
        html`<tr><td><code>${path}</code></td><td>${dtype}</td><td>[${shape.join(", ")}]</td><td>${min !== undefined && max !== undefined && `${short(min)} … ${short(max)}`}</td></tr>`,
    )}</tbody></table></div>${objects.length > 500 && html`<p class="note">and ${objects.length - 500} more</p>`}`;
}

function short(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(3);
}
