import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64 } from "./base64.ts";
import { Html, html } from "./html.ts";

export interface Frame {
  readonly title: string;
  /** Under the title; what is missing is left out. */
  readonly made: readonly (string | false | undefined)[];
  readonly style: string;
  /** The one script that may run. Default: none may. */
  readonly script?: string;
  readonly main: Html;
  readonly footer: string;
}

/**
 * Put a page together: head, content policy, title, content, footer.
 *
 * Nothing may be loaded or sent; only this style sheet applies and only this script runs, both by their digests.
 */
export function frame({ title, made, style, script, main, footer }: Frame): string {
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `style-src ${digestOf(style)}`,
    ...(script ? [`script-src ${digestOf(script)}`] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>${flask}<div><h1>${title}</h1><p class="sub">${made.filter(Boolean).join(" · ")}</p></div></header>
<main>
${main}
</main>
<footer>${footer}</footer>
${script && html`<script>${new Html(script)}</script>\n`}</body>
</html>
`.markup;
}

function digestOf(text: string): string {
  return `'sha256-${toBase64(sha256(new TextEncoder().encode(text)))}'`;
}

/** A retort, drawn in one line. */
const flask = new Html(
  '<svg viewBox="0 0 40 40" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">' +
    '<circle cx="13.5" cy="23.5" r="10.5"/><path d="M8.5 14.2C10 7.5 17 4.5 22 8.5L37 27M17.5 13.8C18.5 12.8 19.2 13 20 14L33.8 30.5M33.8 30.5L37 27"/><path d="M3.4 25c3.4-2.4 6.7 1.8 10.1 0s6.7-1.8 10.1 0" opacity=".8"/></svg>',
);
