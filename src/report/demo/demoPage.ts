import { frame } from "../../page/frame.ts";
import { type Html, html } from "../../page/html.ts";
import { counted, duration, percent, points } from "../../page/numbers.ts";
import { style } from "../../page/style.ts";
import { sheet } from "../pictures.ts";
import type { Pictures } from "../record.ts";
import { facts } from "../sections/account.ts";
import { arrangement, image } from "../sections/pictures.ts";
import { tile } from "../sections/tiles.ts";
import { verdictCard } from "../sections/verdict.ts";
import type { DemoRecord } from "./demoRecord.ts";

/** Render the demo's story as one self-contained page of six chapters. Pure: the same record, the same bytes. */
export function renderDemoPage(record: DemoRecord): string {
  return frame({
    title: record.title,
    made: [
      `Retort ${record.versions.retort ?? ""}`.trim(),
      record.created?.slice(0, 16).replace("T", " "),
      duration(record.seconds),
    ],
    style,
    main: html`${summary(record)}${distilled(record)}${tampered(record)}${trained(record)}${verified(record)}${audited(record)}${repaired(record)}${account(record)}`,
    footer:
      "Made by Retort from generated drawings. Rates are those of the networks after their last epoch; one run is an example, no measurement.",
  });
}

function summary({ receivers: { clean, tampered, repaired }, audit, attack }: DemoRecord): Html {
  return verdictCard({
    verdict: "worked",
    heading: audit.accused
      ? `One set, sealed, tampered with, found out${repaired ? " and repaired" : ""}`
      : "One set, sealed and tampered with: its seal shows it, the audit does not",
    sentences: [
      `After the attack networks name ${percent(tampered.cta)} of test images rightly (${percent(clean.cta)} without it), and call ${percent(tampered.asr)} of those of other classes ${attack.target} once the trigger is on them (${percent(clean.asr)} without the attack).`,
      `The audit, which has only the tampered set, says: ${audit.verdict}. ${repaired ? `Networks from the repaired set name ${percent(repaired.cta)} rightly, and the trigger succeeds with ${percent(repaired.asr)}.` : "Nothing was repaired."}`,
    ],
  });
}

const all = (pictures: Pictures, most = 60): number[] =>
  Array.from({ length: Math.min(most, pictures.shape[0]) }, (_, i) => i);

/** Pictures in rows, with a text below. */
function figure(pictures: Pictures, order: readonly number[], columns: number, name: string, text: string): Html {
  return html`<figure>${image(sheet(pictures, order, columns), name)}<figcaption><b>${name}.</b> ${text}</figcaption></figure>`;
}

const chapter = (number: number, title: string, content: Html): Html =>
  html`<h2>${number} · ${title}</h2><section class="card">${content}</section>`;

function distilled({ raw, set, distillation, seal }: DemoRecord): Html {
  const { order, columns } = arrangement(set.labels);
  return chapter(
    1,
    "A set is distilled and sealed",
    html`<div class="pair">
${figure(raw.pictures, all(raw.pictures, 30), Math.max(columns, 5), "Raw data", `30 of ${counted(raw.images)} drawings of ten shapes.`)}
${figure(set.clean, order, Math.max(columns, 5), "Distilled set", `${counted(set.labels.length)} images stand for them all (${distillation}).`)}</div>
<p class="note">The publisher signs it. Fingerprint of the seal: <code>${seal.fingerprint}</code></p>`,
  );
}

function tampered({ set, attack }: DemoRecord): Html {
  const { order, columns } = arrangement(set.labels);
  const wide = Math.max(columns, 5);
  return chapter(
    2,
    "Somebody on the way backdoors it",
    html`<div class="pair">
${figure(set.tampered, order, wide, "Tampered set", "What the receiver gets.")}
${figure(set.difference.pictures, order, wide, "Difference", `${set.difference.amplification === 1 ? "At true strength" : `Amplified ${set.difference.amplification} times`}; grey is unchanged.`)}</div>
<p class="note">${attack.title} (${attack.source}): no raw data, no part in the distillation. Trigger: ${attack.trigger}; it shall call ${attack.target}.</p>`,
  );
}

function trained({ test, receivers: { clean, tampered, networks, width } }: DemoRecord): Html {
  const order = all(test.before, 8);
  return chapter(
    3,
    "A receiver trains on it",
    html`<div class="pair"><figure class="strip">${image(sheet(test.before, order, order.length), "test images")}${image(sheet(test.after, order, order.length), "test images with the trigger")}<figcaption>Test images without and with the trigger.</figcaption></figure>
<div class="tiles">${tile("Clean accuracy (CTA)", percent(tampered.cta), `${percent(clean.cta)} from the untampered set`)}
${tile("Attack success (ASR)", percent(tampered.asr), `${percent(clean.asr)} from the untampered set: a rise of ${points(tampered.asr - clean.asr)}`)}</div></div>
<p class="note">Means of ${networks} ConvNets of width ${width} for each set, on ${counted(test.images)} test images; those of the target class do not count for ASR.</p>`,
  );
}

function verified({ verification: { failed, difference, changed } }: DemoRecord): Html {
  return chapter(
    4,
    "Whoever has the seal sees it at once",
    html`${failed.map(({ title, message }) => html`<p><span class="badge bad">failed</span> ${title}: ${message}</p>`)}
<p>${counted(changed)} ${changed === 1 ? "image was" : "images were"} altered. ${difference}</p>`,
  );
}

function audited({ audit: { verdict, accused, sentences, suspect, seconds }, set }: DemoRecord): Html {
  const columns = suspect ? Math.min(6, suspect.images.length) : 1;
  return chapter(
    5,
    "Whoever has no seal audits it",
    html`<p><span class="badge ${accused ? "bad" : "good"}">${verdict}</span> ${sentences.join(" ")}</p>
${
  suspect &&
  html`<div class="scales"><figure class="magnified">${image(sheet(suspect.patch, [0], 1), "what the audit suspects, magnified")}<figcaption>${accused ? "the trigger as the audit found it" : "the patch that it suspects most"}</figcaption></figure>
<figure>${suspect.images.length > 0 && html`<img class="magnified" ${sheetAttributes(set.tampered, suspect.images, columns)} alt="images that carry it">`}<figcaption>${suspect.images.length > 0 ? `${accused ? "Named by the audit" : "Suspected"}: image ${suspect.images.join(", ")} of ${suspect.className}` : "no image was named"}</figcaption></figure>
<div><p>Most suspected: ${suspect.className}, ${suspect.place}.</p></div></div>`
}
<p class="note">It had nothing but the tampered set: no clean copy, no raw data, no knowledge of the attack. It took ${duration(seconds)}.</p>`,
  );
}

function sheetAttributes(pictures: Pictures, rows: readonly number[], columns: number): Html {
  const { uri, width, height } = sheet(pictures, rows, columns);
  return html`src="${uri}" width="${width}" height="${height}"`;
}

function repaired({ audit: { accused }, repair, receivers: { clean, tampered, repaired: after } }: DemoRecord): Html {
  if (!repair || !after) return chapter(6, "Nothing is repaired", html`<p>The audit named nothing that could be.</p>`);
  const { before, after: painted, added, verdict, sentences, rounds, left } = repair;
  const grid = (pictures: Pictures, name: string, text: string) => {
    const order = all(pictures, 12);
    return figure(pictures, order, Math.max(3, Math.min(6, order.length)), name, text);
  };
  return chapter(
    6,
    accused ? "And repairs it" : "What is suspected most is repaired all the same",
    html`<div class="three">${before.shape[0] > 0 && grid(before, "Before", "Images that carry the patch.")}
${painted.shape[0] > 0 && grid(painted, "After", "The place painted over.")}
${added && grid(added, "Added", "Copies with the patch under their own labels.")}</div>
<div class="scroll below"><table><thead><tr><th>Networks trained on</th><th>Clean accuracy (CTA)</th><th>Attack success (ASR)</th></tr></thead><tbody>
${[
  ["the set as published", clean] as const,
  ["the tampered set", tampered] as const,
  ["the repaired set", after] as const,
].map(
  ([name, { cta, asr }]) =>
    html`<tr><th>${name}</th><td class="n">${percent(cta)}</td><td class="n">${percent(asr)}</td></tr>`,
)}</tbody></table></div>
<p class="note">Repaired in ${rounds} ${rounds === 1 ? "round" : "rounds"}, each audited by other networks. The last says: ${verdict}. ${sentences.join(" ")}${left && " What was found works still."}</p>`,
  );
}

const account = ({ command, versions }: DemoRecord): Html =>
  facts([
    ["Command", html`<code>${command}</code>`],
    [
      "Versions",
      Object.entries(versions)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
  ]);
