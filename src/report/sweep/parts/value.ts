import type { Interval, Summary } from "../../../metrics/intervals.ts";
import { type Html, html } from "../../../page/html.ts";
import { bare, bareMeanAndDeviation } from "../../../page/numbers.ts";

/** A text with more to say: shown under the pointer, at a touch, and where the keyboard stands. No script is needed. */
export function withTip(text: string, tip: string): Html {
  return html`<span class="v" tabindex="0">${text}<span class="tip">${tip}</span></span>`;
}

/** Mean ± deviation in per cent, with the interval and the number of repetitions as its tip. */
export function summaryValue(summary: Summary | undefined, more = ""): Html {
  if (!summary) return html``;
  return withTip(bareMeanAndDeviation(summary), `${intervalText(summary)}, n = ${summary.n}${more && `; ${more}`}`);
}

/** "95 % interval 12.1 … 21.3". */
export function intervalText({ low, high }: Interval): string {
  return Number.isFinite(low) ? `95 % interval ${bare(low)} … ${bare(high)}` : "no interval from one seed";
}
