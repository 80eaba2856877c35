import { sha256 } from "@noble/hashes/sha2.js";
import { extent } from "../../core/extent.ts";
import type { ContactSheet } from "../../data/inspect/contactSheet.ts";
import type { Inspection } from "../../data/inspect/inspect.ts";
import type { SetReport } from "../../data/inspect/inspectSet.ts";
import { toBase64 } from "../../report/base64.ts";
import { type Html, html } from "../../report/html.ts";
import { saysNormalisation } from "./saysNormalisation.ts";

const style = `
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5c636b; --page: #fbfbfa; --line: #dcdfe3; --bar: #3b6ea8; --bad: #b3261e; --warn: #8a5a00; --card: #fff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8ea; --soft: #a0a7ae; --page: #16181a; --line: #33383d; --bar: #7aa7d9; --bad: #ff8a80; --warn: #f0b95b; --card: #1e2124; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p, li, td { overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.verdict { display: inline-block; padding: .1rem .6rem; border: 1px solid currentColor; border-radius: 1rem; font-weight: 600; }
.dangerous, .unsafe, .unknown, .tampered { color: var(--bad); }
.warning { color: var(--warn); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 1rem 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: .88em/1.4 ui-monospace, monospace; }
meter { width: 6rem; height: .7rem; }
.short { white-space: nowrap; }
ul { padding-left: 1.2rem; }
figure { margin: 1rem 0; }
img { max-width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--line); }
figcaption { color: var(--soft); font-size: .9rem; }
/* On a narrow screen a row with a sentence becomes a line of facts with the sentence below it. */
@media (max-width: 36rem) {
  .stack thead { display: none; }
  .stack tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  .stack td { display: inline-block; padding: .1rem .75rem .1rem 0; border: 0; }
  .stack .prose { display: block; }
  .stack .number { display: none; }
}
`;

/**
 * Write an inspection as one page that loads nothing: styles and the sheet are inside, scripts there are none, and the
 * policy in its head forbids the browser everything else.
 *
 * @param sheet a PNG and its caption.
 */
export function inspectionPage(inspection: Inspection, sheet?: { png: Uint8Array; of: ContactSheet }): string {
  const digest = toBase64(sha256(new TextEncoder().encode(style)));
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  const { name, format, verdict, set } = inspection;
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name} – retort inspect</title>
`;
  const body = html`</head>
<body>
<h1>${name}</h1>
<p><span class="verdict ${verdict.replace(" ", "-")}">${verdict}</span> <span class="soft">${format ? `read as ${format}` : "not recognised"}</span></p>
${set && facts(set)}
${sheet && figure(sheet)}
${findings(inspection)}
${set && set.kind === "distilled" && guesses(set)}
${accuracies(inspection)}
${inspection.globals.length > 0 && html`<h2>Globals that pickles name</h2><ul>${inspection.globals.map((global) => html`<li><code>${global}</code></li>`)}</ul>`}
${objects(inspection)}
</body>
</html>
`;
  return `<!doctype html>\n${page.markup}<style>${style}</style>\n${body.markup}`;
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
  return html`<dl class="facts">${rows.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>`;
}

/** An entry of a set's metadata. */
function entry(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 399)}…` : text;
}

function figure({ png, of }: { png: Uint8Array; of: ContactSheet }): Html {
  return html`<figure><img src="data:image/png;base64,${toBase64(png)}" width="${of.width}" height="${of.height}" alt="Contact sheet of the set: ${of.caption}"><figcaption>${of.caption}</figcaption></figure>`;
}

function findings({ findings }: Inspection): Html {
  if (findings.length === 0) return html`<h2>Findings</h2><p class="soft">None.</p>`;
  return html`<h2>Findings</h2><div class="scroll"><table class="stack"><thead><tr><th scope="col">Severity</th><th scope="col">Rule</th><th scope="col">What was found</th></tr></thead><tbody>${findings.map(
    ({ severity, rule, message, file, offset }) =>
      html`<tr><td class="short ${severity}">${severity}</td><td class="short"><code>${rule}</code></td><td class="prose">${message}${file && html` <span class="soft">${file}</span>`}${offset !== undefined && html` <span class="soft">byte ${offset}</span>`}</td></tr>`,
  )}</tbody></table></div>`;
}

function guesses({ guesses, readings }: SetReport): Html {
  const ambiguous =
    readings.length > 1 && html`<p>Ambiguous: the numbers do not tell ${readings.join(", ")} apart.</p>`;
  return html`<h2>What may have been done to the pixels</h2>${ambiguous}<div class="scroll"><table class="stack"><thead><tr><th scope="col">Guess</th><th scope="col">Confidence</th><th scope="col" class="number">Out of gamut</th><th scope="col">Evidence</th></tr></thead><tbody>${guesses.map(
    ({ name, confidence, outOfGamut, evidence }) =>
      html`<tr><td class="short">${name}</td><td class="short"><meter min="0" max="1" value="${confidence.toFixed(3)}" aria-label="confidence in ${name}"></meter> ${(100 * confidence).toFixed(0)} %</td><td class="number">${outOfGamut === undefined ? "" : `${(100 * outOfGamut).toFixed(1)} %`}</td><td class="prose">${evidence.join("; ")}</td></tr>`,
  )}</tbody></table></div>`;
}

function accuracies({ accuracies }: Inspection): Html | undefined {
  const nets = Object.entries(accuracies);
  if (nets.length === 0) return undefined;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return html`<h2>Accuracies stored in the file</h2><div class="scroll"><table><thead><tr><th scope="col">Network</th><th scope="col" class="number">Mean</th><th scope="col" class="number">Lowest</th><th scope="col" class="number">Highest</th><th scope="col" class="number">Values</th></tr></thead><tbody>${nets.map(
    ([net, values]) =>
      html`<tr><td>${net}</td><td class="number">${percent(values.reduce((a, b) => a + b, 0) / values.length)}</td><td class="number">${percent(extent(values).min)}</td><td class="number">${percent(extent(values).max)}</td><td class="number">${values.length}</td></tr>`,
  )}</tbody></table></div>`;
}

function objects({ objects }: Inspection): Html | undefined {
  if (objects.length === 0) return undefined;
  return html`<h2>Objects in the file</h2><div class="scroll"><table><thead><tr><th scope="col">Object</th><th scope="col">Type</th><th scope="col">Shape</th><th scope="col">Range</th></tr></thead><tbody>${objects
    .slice(0, 500)
    .map(
      ({ path, dtype, shape, min, max }) =>
        html`<tr><td><code>${path}</code></td><td>${dtype}</td><td>[${shape.join(", ")}]</td><td>${min !== undefined && max !== undefined && `${short(min)} … ${short(max)}`}</td></tr>`,
    )}</tbody></table></div>${objects.length > 500 && html`<p class="soft">and ${objects.length - 500} more</p>`}`;
}

function short(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(3);
}
