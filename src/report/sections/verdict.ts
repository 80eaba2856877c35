import { type Html, html } from "../../page/html.ts";
import type { AttackVerdict } from "../conclusion.ts";

/** How it came out, in plain words and in the colour of the verdict. */
export function verdictCard(conclusion: {
  readonly verdict: AttackVerdict;
  readonly heading: string;
  readonly sentences: readonly string[];
}): Html {
  return html`<section class="card verdict ${conclusion.verdict}"><h2>${conclusion.heading}</h2>${conclusion.sentences.map((sentence) => html`<p>${sentence.replace(/(?<=\d) (?=%|points)/g, "\u00a0")}</p>`)}</section>`;
}
