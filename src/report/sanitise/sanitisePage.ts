import { frame } from "../../page/frame.ts";
import { type Html, html } from "../../page/html.ts";
import { counted, percent } from "../../page/numbers.ts";
import { style } from "../../page/style.ts";
import { sheet } from "../pictures.ts";
import type { Pictures } from "../record.ts";
import { facts, flatten, settings } from "../sections/account.ts";
import { image } from "../sections/pictures.ts";
import { tile } from "../sections/tiles.ts";
import { verdictCard } from "../sections/verdict.ts";
import type { SanitiseRecord } from "./sanitiseRecord.ts";

/** Chosen: what a page can show at a size at which one still sees something. */
const most = 30;

/** Render what a repair did as one self-contained page without a script. Pure: the same record, the same bytes. */
export function renderSanitisePage(record: SanitiseRecord): string {
  return frame({
    title: record.title,
    made: [`Retort ${record.versions.retort ?? ""}`.trim(), record.created?.slice(0, 16).replace("T", " ")],
    style,
    main: html`${verdict(record)}
${numbers(record)}
${found(record)}
${rounds(record)}
${changes(record)}
${measured(record)}
${account(record)}`,
    footer:
      "Made by Retort. An audit sees compact triggers that a few images of one class carry; where it finds nothing, others may be left.",
  });
}

function verdict({ verdicts: { before, after }, left, findings }: SanitiseRecord): Html {
  const heading =
    findings.length === 0
      ? "Nothing was changed"
      : left
        ? "Repaired, and something is left"
        : after
          ? "Repaired, and nothing is found any more"
          : "Repaired, and not audited again";
  const known = after !== undefined || findings.length === 0;
  const sentences = [
    `Before: ${before.verdict}. ${before.sentences.join(" ")}`,
    after
      ? `After: ${after.verdict}. ${after.sentences.join(" ")}`
      : findings.length > 0 && "After: not audited. What is left is measured with the found triggers alone.",
  ].filter((one) => one !== false);
  return verdictCard({ verdict: left ? "worked" : known ? "failed" : "inconclusive", heading, sentences });
}

/** What an audit after a repair says, in a few words. */
export const saidOf = ({ verdict: word, works }: SanitiseRecord["rounds"][number]): string =>
  `${word ?? "not audited"}${works.length > 0 ? `; what was found works still: ${works.join(", ")}` : ""}`;

function rounds({ rounds: all, steps }: SanitiseRecord): Html {
  if (all.length < 2) return html``;
  const sum = (round: number, of: (one: SanitiseRecord["steps"][number]) => number) =>
    counted(steps.filter((one) => one.round === round).reduce((total, one) => total + of(one), 0));
  return html`<h2>Round after round</h2><section class="card scroll"><table><thead><tr><th>Round</th><th>Changed</th><th>Added</th><th>The audit afterwards</th></tr></thead><tbody>${all.map(
    (one, i) =>
      html`<tr><th>${i + 1}</th><td class="n">${sum(i + 1, ({ changed }) => changed)}</td><td class="n">${sum(i + 1, ({ added }) => added)}</td><td>${saidOf(one)}</td></tr>`,
  )}</tbody></table></section>`;
}

function numbers({ findings, learnt, sizes, measured: rates }: SanitiseRecord): Html {
  const [first] = findings;
  const [was, is] = rates?.rows ?? [];
  return html`<section class="tiles">
${first?.after !== undefined && tile("The found trigger calls", percent(first.after), `${percent(first.before ?? 0)} before, on pictures that are none of the set`)}
${is?.asr !== undefined && tile("On real test images", percent(is.asr), `${percent(was.asr ?? 0)} before`)}
${is && tile("Clean accuracy (CTA)", percent(is.cta), `${percent(was.cta)} before`)}
${learnt && tile("Untouched images learnt", percent(learnt.after), `${percent(learnt.before)} before`)}
${tile("Images", counted(sizes.after), `${counted(sizes.before)} before`)}
</section>`;
}

function found({ findings }: SanitiseRecord): Html {
  if (findings.length === 0) return html``;
  return html`<h2>What was found</h2><div class="pair">${findings.map(
    ({
      className,
      images,
      place,
      trigger,
      before,
      after,
      round,
      again,
    }) => html`<section class="card"><h3>${className}${again && `, again in round ${round}`}</h3>
<div class="scales">${trigger && html`<figure class="magnified">${image(sheet(trigger, [0], 1), "the found trigger, magnified")}<figcaption>the found trigger</figcaption></figure>`}
<div><p>${place ? `A patch of ${place.side}×${place.side} pixels at row ${place.top}, column ${place.left}.` : "A detail that its images share."}</p>
<p>${images.length === 0 ? "No image was seen to carry it." : `Carried by image ${images.join(", ")}.`}</p>
${before !== undefined && after !== undefined && html`<p>Of pictures that are none of the set it calls ${percent(before)} before and ${percent(after)} after.</p>`}</div></div></section>`,
  )}</div>`;
}

function changes({ images: { before, after, added } }: SanitiseRecord): Html {
  const grid = (pictures: Pictures, name: string, text: string) => {
    const order = Array.from({ length: Math.min(most, pictures.shape[0]) }, (_, i) => i);
    return html`<figure>${image(sheet(pictures, order, Math.min(6, order.length)), name)}<figcaption><b>${name}.</b> ${text}${order.length < pictures.shape[0] && ` ${order.length} of ${pictures.shape[0]} are shown.`}</figcaption></figure>`;
  };
  if (!before && !added) return html``;
  return html`<h2>What was changed</h2><section class="card"><div class="three">
${before && grid(before, "Before", "The images that were changed.")}
${after && grid(after, "After", "The same images.")}
${added && grid(added, "Added", "Under their own labels: networks learn that the trigger means nothing.")}
</div></section>`;
}

function measured({ measured: rates }: SanitiseRecord): Html {
  if (!rates) return html``;
  return html`<h2>On real images</h2><section class="card scroll"><table><thead><tr><th>Receivers trained on</th><th>Clean accuracy (CTA)</th><th>The found trigger succeeds (ASR)</th></tr></thead><tbody>${rates.rows.map(
    ({ name, cta, asr }) =>
      html`<tr><th>${name}</th><td class="n">${percent(cta)}</td><td class="n">${asr === undefined ? "" : percent(asr)}</td></tr>`,
  )}</tbody></table><p class="note">Means of ${rates.networks} networks on ${counted(rates.images)} test images of ${rates.data}.</p></section>`;
}

function account({ steps, digests, versions, command }: SanitiseRecord): Html {
  return html`${facts([
    ...steps.map(({ repair, title, changed, removed, added }): [string, unknown] => [
      repair,
      `${title}: ${
        [
          changed > 0 && `${counted(changed)} changed`,
          removed > 0 && `${counted(removed)} removed`,
          added > 0 && `${counted(added)} added`,
        ]
          .filter(Boolean)
          .join(", ") || "no image changed"
      }`,
    ]),
    ["Set before", html`<code>${digests.before}</code>`],
    ["Set after", html`<code>${digests.after}</code>`],
    ["Command", html`<code>${command}</code>`],
  ])}<h2>Exact configuration</h2><section class="card">${settings([
    ...steps.flatMap(({ repair, options }) => flatten(options, `${repair}.`)),
    ...Object.entries(versions).map(([name, value]): [string, unknown] => [name, value]),
  ])}</section>`;
}
