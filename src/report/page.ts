import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64 } from "./base64.ts";
import { conclude } from "./conclusion.ts";
import { Html, html } from "./html.ts";
import { duration } from "./numbers.ts";
import type { RunRecord } from "./record.ts";
import { configuration, whatWasDone } from "./sections/account.ts";
import { pictureSection } from "./sections/pictures.ts";
import { curveSection, resultSection } from "./sections/results.ts";
import { tiles } from "./sections/tiles.ts";
import { triggerSection } from "./sections/trigger.ts";
import { style } from "./style.ts";

/** Nothing may load, run or be sent; pictures are part of the page, and only this style sheet applies. */
const policy = `default-src 'none'; img-src data:; style-src 'sha256-${toBase64(sha256(new TextEncoder().encode(style)))}'; base-uri 'none'; form-action 'none'`;

/**
 * Render a run's record as one self-contained page.
 *
 * A pure function: same record, same bytes. The page needs no network and no script, and its content policy forbids both.
 */
export function renderHtml(record: RunRecord): string {
  const verdict = conclude(record);
  const seconds = record.timings.reduce((sum, timing) => sum + timing.seconds, 0);
  const made = [
    `Retort ${record.versions.retort ?? ""}`.trim(),
    record.created?.slice(0, 16).replace("T", " "),
    seconds > 0 && duration(seconds),
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${record.title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>${flask}<div><h1>${record.title}</h1><p class="sub">${made.filter(Boolean).join(" · ")}</p></div></header>
<main>
<section class="card verdict ${verdict.verdict}"><h2>${verdict.heading}</h2>${verdict.sentences.map((sentence) => html`<p>${sentence.replace(/(?<=\d) (?=%|points)/g, "\u00a0")}</p>`)}</section>
${tiles(record)}
${whatWasDone(record)}
${pictureSection(record)}
${triggerSection(record)}
${resultSection(record)}
${curveSection(record)}
${configuration(record)}
</main>
<footer>Made by Retort from the run’s record alone; the rates are those of the networks after their last epoch, never of the best one.</footer>
</body>
</html>
`;
  return page.markup;
}

/** A retort, drawn in one line. */
const flask = new Html(
  '<svg viewBox="0 0 40 40" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">' +
    '<circle cx="13.5" cy="23.5" r="10.5"/><path d="M8.5 14.2C10 7.5 17 4.5 22 8.5L37 27M17.5 13.8C18.5 12.8 19.2 13 20 14L33.8 30.5M33.8 30.5L37 27"/><path d="M3.4 25c3.4-2.4 6.7 1.8 10.1 0s6.7-1.8 10.1 0" opacity=".8"/></svg>',
);
