import { pairedDifference, type Summary, summarise } from "../../metrics/intervals.ts";
import { frame } from "../../page/frame.ts";
import { type Html, html } from "../../page/html.ts";
import { counted, meanAndDeviation, percent, points, rateInterval } from "../../page/numbers.ts";
import { style } from "../../page/style.ts";
import { curveChart } from "../curveChart.ts";
import { sheet } from "../pictures.ts";
import { facts, flatten, settings } from "../sections/account.ts";
import { image } from "../sections/pictures.ts";
import { tile } from "../sections/tiles.ts";
import { verdictCard } from "../sections/verdict.ts";
import type { DistilledRecord } from "./distilledRecord.ts";

/** Chosen: pictures a class and classes that a page can show at a size at which one still sees something. */
const most = { perClass: 10, classes: 20 };

/** Render what a distillation made as one self-contained page without a script. Pure: the same record, the same bytes. */
export function renderDistilledPage(record: DistilledRecord): string {
  return frame({
    title: record.title,
    made: [`Retort ${record.versions.retort ?? ""}`.trim(), record.created?.slice(0, 16).replace("T", " ")],
    style,
    main: html`${verdict(record)}
${numbers(record)}
${pictures(record)}
${curve(record)}
${account(record)}`,
    footer: "Made by Retort. Accuracies are of the last epoch, on test images that took no part.",
  });
}

/** How a set fares beside as many random real images; undefined where that was not measured. */
export function compared({ measured }: Pick<DistilledRecord, "measured">) {
  if (!measured) return undefined;
  const { own, random } = measured;
  return { own: summarise(own), random: summarise(random), difference: pairedDifference(random, own) };
}

/** The comparison in one sentence. */
export function saysCompared(record: Pick<DistilledRecord, "measured">): string {
  const rates = compared(record);
  if (!rates) return "How well networks learn from it was not measured; --receivers does.";
  const { difference } = rates;
  const by = points(difference.mean);
  const { sd, low, high } = difference;
  const surely =
    sd === undefined ? "one network each: not judged" : low > 0 || high < 0 ? "beyond chance" : "not beyond chance";
  return `Networks trained on it reach ${percent(rates.own.mean)}, on as many random real images ${percent(rates.random.mean)}: ${by}, ${surely}.`;
}

function verdict(record: DistilledRecord): Html {
  const { images, classes } = record.set;
  const heading = `${counted(images.shape[0])} images for ${counted(classes)} classes`;
  return verdictCard({ verdict: "none", heading, sentences: [saysCompared(record)] });
}

function numbers(record: DistilledRecord): Html {
  const rates = compared(record);
  const held = (summary: Summary) => {
    const interval = rateInterval(summary);
    return interval ? `95 % interval ${interval}` : "one network";
  };
  const { loss, iterations } = record;
  return html`<section class="tiles">
${rates && tile("Accuracy of the set", percent(rates.own.mean), held(rates.own))}
${rates && tile("Random real images", percent(rates.random.mean), held(rates.random))}
${loss.length > 0 && tile("Loss", loss[loss.length - 1][1].toPrecision(4), `${loss[0][1].toPrecision(4)} at first`)}
${tile("Iterations", counted(iterations), "of the distillation")}
</section>`;
}

function pictures({ set }: DistilledRecord): Html {
  const { images, labels, classes, classNames } = set;
  const rows = Array.from({ length: Math.min(most.classes, classes) }, (_, label) => ({
    name: classNames?.[label] ?? `class ${label}`,
    own: [...labels.keys()].filter((i) => labels[i] === label).slice(0, most.perClass),
  })).filter(({ own }) => own.length > 0);
  const shown = rows.reduce((sum, { own }) => sum + own.length, 0);
  const rest = images.shape[0] - shown;
  return html`<h2>The images</h2><section class="card"><div class="three">${rows.map(
    ({ name, own }) =>
      html`<figure>${image(sheet(images, own, own.length), name)}<figcaption>${name}</figcaption></figure>`,
  )}</div><p class="note">As pictures: what lies outside black and white is clamped.${rest > 0 && ` ${counted(rest)} more are in the set.`}</p></section>`;
}

function curve({ loss }: DistilledRecord): Html {
  if (loss.length < 2) return html``;
  const series = [{ name: "loss", points: loss.map(([x, y]): [number, number] => [x, y]) }];
  return html`<h2>Loss</h2><section class="card">${curveChart({ title: "Loss of the distillation", x: "iteration", y: "loss", series })}</section>`;
}

function account(record: DistilledRecord): Html {
  const { method, data, set, measured, command, options, versions } = record;
  const rates = compared(record);
  return html`${facts([
    ["Method", html`${method.title} <span class="sub">(${method.source})</span>`],
    ["Raw data", `${data.name}: ${counted(data.images)} images`],
    ["Normalisation", set.normalisation],
    [
      "Receivers",
      measured &&
        rates &&
        `${measured.own.length} of ${measured.network}, ${counted(measured.epochs)} epochs${measured.protocol ? ` by the protocol ${measured.protocol}` : ""}, on ${counted(measured.testImages)} test images: ${meanAndDeviation(rates.own)} and ${meanAndDeviation(rates.random)}, from the same starts`,
    ],
    ["Command", html`<code>${command}</code>`],
  ])}<h2>Exact configuration</h2><section class="card">${settings([
    ...flatten(options),
    ["raw data, SHA-256", data.sha256],
    ["set, SHA-256", set.digest],
    ...Object.entries(versions).map(([name, value]): [string, unknown] => [name, value]),
  ])}</section>`;
}
