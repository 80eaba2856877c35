import { key } from "../../core/random.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import { frame } from "../../page/frame.ts";
import { type Html, html } from "../../page/html.ts";
import { style } from "../../page/style.ts";
import { type AuditedSet, auditedSet } from "../AuditedSet.ts";
import { carriers } from "../carriers.ts";
import { detectorRegistry } from "../detectorRegistry.ts";
import { pasted } from "../Patch.ts";
import type { Suspect } from "../Suspect.ts";
import type { AuditVerdict } from "../verdict.ts";
import { type AuditReport, blindSpots, percent } from "./AuditReport.ts";
import { framed, type PagePicture, patchPicture } from "./auditPictures.ts";
import { scoreLine } from "./scoreLine.ts";

const own = `
.line{display:block;width:320px;max-width:100%;height:auto}
.line .axis{stroke:var(--rule);stroke-width:2;fill:none}
.line .clean{fill:var(--series-2);fill-opacity:.45}
.line .own{fill:var(--series-1);stroke:var(--card);stroke-width:1.5}
.where{display:block;width:138px;height:138px}
.where .edge{fill:var(--page);stroke:var(--rule);stroke-width:.4}
.where .place{fill:var(--series-1)}
.row img{background:none;width:740px;max-width:100%}
.few img{width:260px}
.patch img{width:138px;border:1px solid var(--rule);background:repeating-conic-gradient(var(--rule) 0 25%,var(--card) 0 50%) 0 0/16px 16px}
.sides{display:flex;gap:26px;flex-wrap:wrap;align-items:flex-start}
.sides figure{max-width:200px}
ul{margin:0;padding-left:1.2em}
td.wide{min-width:200px}
.numbers tbody th{min-width:170px}
.numbers td,.numbers th{padding-right:18px}
`;

const tones: Readonly<Record<AuditVerdict, string>> = {
  backdoored: "worked",
  suspicious: "weak",
  "nothing found": "failed",
  "cannot be judged": "inconclusive",
};

const titles: Readonly<Record<AuditVerdict, string>> = {
  backdoored: "Backdoored",
  suspicious: "Suspicious",
  "nothing found": "Nothing found",
  "cannot be judged": "Cannot be judged",
};

/** Pictures of the set and carriers that the page shows. */
const MOST_IMAGES = 60;
const CARRIERS = 8;

/** Write an audit as one page that loads nothing. */
export function auditPage(report: AuditReport): string {
  const { name, set, conclusion, result, settings, version, seed } = report;
  const { verdict, sentences, suspect } = conclusion;
  const audited = auditedSet(set);
  const nameOf = (label: number) => set.classNames?.[label] ?? `class ${label}`;
  const [n, c, h, w] = set.shape;
  const main = html`<section class="card verdict ${tones[verdict]}"><h2>${titles[verdict]}</h2>${sentences.map((one) => html`<p>${one}</p>`)}</section>
${suspect && suspected(suspect, audited, nameOf, verdict)}
<h2>What each detector says</h2>
<div class="card">${scores(report, nameOf)}</div>
${result.suspects.length > 0 && html`<h2>Suspects that were followed</h2><div class="card">${followed(result.suspects, nameOf)}</div>`}
${known(report)}
<h2>What this audit could not have seen</h2>
<div class="card"><ul>${blindSpots.map((one) => html`<li>${one}</li>`)}</ul></div>
<h2>Configuration</h2>
<div class="card config">${Object.entries({ ...settings, seed, retort: version, images: n, shape: `${c} × ${h} × ${w}`, classes: set.classes, labels: set.labels.kind, normalisation: set.normalisation.kind, ...(result.learnt !== undefined && { "accuracy of its networks on the set": percent(result.learnt) }) }).map(([key, value]) => html`<div><span>${key}</span><code>${Array.isArray(value) ? value.join(", ") : String(value)}</code></div>`)}</div>`;
  return frame({
    title: `Audit of ${name}`,
    made: ["no clean copy, no raw data", `${n} images`, `${set.classes} classes`],
    style: `${style}${own}`,
    main,
    footer: `Made by retort ${version}. An audit speaks of what it looks for; a seal says where a set comes from.`,
  });
}

const image = ({ uri, width, height }: PagePicture, alt: string): Html =>
  html`<img src="${uri}" width="${width}" height="${height}" alt="${alt}">`;

function suspected(
  suspect: Suspect,
  audited: AuditedSet,
  nameOf: (label: number) => string,
  verdict: AuditVerdict,
): Html {
  const { targetClass, patch, support } = suspect;
  const { pixels, shape, labels } = audited;
  const images = [...labels.keys()].filter((i) => labels[i] === targetClass).slice(0, MOST_IMAGES);
  const flagged = new Set(support.flagged);
  const shown = carriers(audited, CARRIERS, key("page"));
  const of: ImageShape = [CARRIERS, shape[1], shape[2], shape[3]];
  const all = Array.from({ length: CARRIERS }, (_, i) => i);
  const row = (values: typeof shown, alt: string) => image(framed(values, of, all, new Set(), CARRIERS), alt);
  const heading = verdict === "backdoored" || verdict === "suspicious" ? "The suspected class" : "The first suspect";
  return html`<h2>${heading}: ${nameOf(targetClass)}</h2>
<div class="card stack"><figure class="${images.length > 4 ? "row" : "row few"}">${image(framed(pixels, shape, images, flagged, 10), `Images of ${nameOf(targetClass)}`)}<figcaption>${flagged.size === 0 ? "No image of the class carries it by itself." : html`<b>Framed in red</b>: images whose own pixels at the place call the class: ${[...flagged].join(", ")}.`}</figcaption></figure></div>
<h2>What calls it</h2>
<div class="card sides">
<figure class="patch">${image(patchPicture(patch), "The pattern, magnified")}<figcaption><b>The pattern</b>, ${patch.mask ? "through its mask" : `${patch.side} × ${patch.side} pixels`}</figcaption></figure>
<figure>${where(suspect, shape)}<figcaption><b>Where</b>: ${patch.mask ? "pixels of its mask" : `row ${patch.top}, column ${patch.left}`}</figcaption></figure>
</div>
<div class="card stack below"><figure class="row">${row(shown, "Pictures that are none of the set")}<figcaption><b>Before</b>: pictures that are none of the set</figcaption></figure>
<figure class="row">${row(pasted(shown, of, patch), "The same with the pattern")}<figcaption><b>After</b>: with it, networks call ${percent(suspect.held)} of such pictures ${nameOf(targetClass)}; moved away ${percent(suspect.confirmation.controls.moved)}, recoloured ${percent(suspect.confirmation.controls.recoloured)}${suspect.confirmation.controls.otherClass !== undefined && html`, another class’s patch ${percent(suspect.confirmation.controls.otherClass)}`}</figcaption></figure></div>`;
}

function where({ patch: { top, left, side, mask } }: Suspect, [, , h, w]: ImageShape): Html {
  const cells: Html[] = [];
  if (!mask) cells.push(html`<rect class="place" x="${left}" y="${top}" width="${side}" height="${side}"/>`);
  else
    mask.forEach((share, i) => {
      if (share > 0)
        cells.push(
          html`<rect class="place" x="${left + (i % side)}" y="${top + Math.floor(i / side)}" width="1" height="1" fill-opacity="${share.toFixed(2)}"/>`,
        );
    });
  return html`<svg class="where" viewBox="0 0 ${w} ${h}" role="img" aria-label="Place of the pattern in the picture"><rect class="edge" x="0" y="0" width="${w}" height="${h}"/>${cells}</svg>`;
}

function scores({ result, libraries, conclusion }: AuditReport, nameOf: (label: number) => string): Html {
  const sets = libraries.flatMap((library) => library.sets);
  const rows = result.findings.map(({ detector, score, targetClass, images, alarm, note }) => {
    const clean = sets.map(({ scores }) => scores[detector]).filter((v) => v !== undefined);
    const p = conclusion.significance[0]?.detectors[detector];
    return html`<tr><th scope="row">${detectorRegistry[detector]?.title ?? detector}</th><td class="n">${score.toFixed(2)}</td><td class="wide">${scoreLine(score, clean)}</td><td class="n">${p === undefined ? "–" : p.toFixed(3)}</td><td>${targetClass === undefined ? "–" : nameOf(targetClass)}</td><td class="n">${images?.length ?? "–"}</td><td>${alarm === undefined ? "–" : alarm ? "fires" : "silent"}${note !== undefined && html`: ${note}`}</td></tr>`;
  });
  const note =
    sets.length === 0
      ? "There is no library of clean sets of this kind: the lines show this set alone, and no score can be called unusual."
      : `Diamond: this set. Dots: ${sets.length} clean sets of its kind. p is that of a detector by itself; the verdict takes all that count together.`;
  return html`<div class="scroll"><table class="numbers"><thead><tr><th scope="col">Detector</th><th scope="col">Score</th><th scope="col">On a line</th><th scope="col">p</th><th scope="col">Class</th><th scope="col">Images</th><th scope="col">Own rule</th></tr></thead><tbody>${rows}</tbody></table></div><p class="note">${note}</p>`;
}

function followed(suspects: readonly Suspect[], nameOf: (label: number) => string): Html {
  const rows = suspects.map(
    ({ targetClass, detector, patch, held, support }) =>
      html`<tr><th scope="row">${nameOf(targetClass)}</th><td>${detectorRegistry[detector]?.title ?? detector}</td><td class="n">${patch.mask ? "pattern" : `row ${patch.top}, column ${patch.left}`}</td><td class="n">${percent(held)}</td><td>${support.flagged.join(", ") || "none"}</td><td class="n">${percent(support.before)} → ${percent(support.after)}</td></tr>`,
  );
  return html`<div class="scroll"><table class="numbers"><thead><tr><th scope="col">Class</th><th scope="col">Found by</th><th scope="col">Where</th><th scope="col">Calls</th><th scope="col">Images that carry it</th><th scope="col">Success before → without them</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function known({ conclusion: { power } }: AuditReport): Html | undefined {
  if (!power) return undefined;
  return html`<h2>Would it have been found?</h2><div class="card"><p>Known stamps were planted into this very set, and it was audited again.</p><ul>${power.map(({ stamp, found, drop }) => html`<li>${stamp}: <b>${found ? "found" : "not found"}</b> (drop ${percent(drop)})</li>`)}</ul></div>`;
}
