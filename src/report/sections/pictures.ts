import { type Html, html } from "../../page/html.ts";
import { percent, plain } from "../../page/numbers.ts";
import { type Sheet, sheet } from "../pictures.ts";
import type { Pictures, RunRecord } from "../record.ts";

// Chosen: what a page can show at a size at which one still sees something.
const maxPerClass = 10;
const maxClasses = 20;

/** The clean set, the tampered set and what was changed. */
export function pictureSection(record: RunRecord): Html {
  const { set, stealth } = record;
  const { order, columns, shown } = arrangement(set.labels);
  const grid = (pictures: Pictures, name: string, text: string) =>
    html`<figure>${image(sheet(pictures, order, columns), name)}<figcaption><b>${name}.</b> ${text}</figcaption></figure>`;
  const share = (value: number) => `${percent(value)} of its values lie outside the gamut and are clamped here.`;
  return html`<h2>The set${set.tampered && ", before and after"}</h2><section class="card"><div class="three">
${grid(set.clean, "Clean set", stealth ? share(stealth.outOfGamut.clean) : "As it was published.")}
${set.tampered && grid(set.tampered, "Tampered set", stealth ? share(stealth.outOfGamut.tampered) : "As it is handed on.")}
${set.difference && grid(set.difference.pictures, "Difference", `${set.difference.amplification === 1 ? "At true strength" : `Amplified ${set.difference.amplification} times`}; grey is unchanged${stealth ? `, the largest change is ${plain(stealth.maxAbsDifference)} of the range from black to white` : ""}.`)}
</div>${shown < set.labels.length && html`<p class="note">${shown} of ${set.labels.length} images are shown.</p>`}</section>`;
}

/** An image of a sheet, scaled without smoothing. */
export function image(shown: Sheet, alt: string): Html {
  return html`<img src="${shown.uri}" width="${shown.width}" height="${shown.height}" alt="${alt}">`;
}

/** One class a row; with one image per class, as many rows as make a page-wide block. */
export function arrangement(labels: readonly number[]): { order: number[]; columns: number; shown: number } {
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  const of = classes.map((name) => labels.flatMap((label, i) => (label === name ? [i] : [])));
  const perClass = Math.max(1, ...of.map((list) => list.length));
  if (perClass === 1) {
    const order = of.flat().slice(0, maxPerClass * maxClasses);
    return { order, columns: order.length > 25 ? 10 : Math.min(5, order.length), shown: order.length };
  }
  const columns = Math.min(maxPerClass, perClass);
  if (of.every((list) => list.length >= columns)) {
    const order = of.slice(0, maxClasses).flatMap((list) => list.slice(0, columns));
    return { order, columns, shown: order.length };
  }
  const order = of.flat().slice(0, maxPerClass * maxClasses);
  return { order, columns: 10, shown: order.length };
}
