import { toBase64 } from "../../page/base64.ts";
import { frame } from "../../page/frame.ts";
import { type Html, html } from "../../page/html.ts";
import { style } from "../../page/style.ts";
import {
  beforeAfter,
  changedImages,
  changePicture,
  heatPicture,
  imagePicture,
  type Picture,
  pictureToPng,
} from "./contactSheet.ts";
import type { Diffed, ImageDifference, SetDifference } from "./diffSets.ts";
import { spellBox } from "./heatMap.ts";

const diffStyle = `${style}
.verdict.good{--tone:var(--failed)}.verdict.bad{--tone:var(--worked);color:inherit}
.warning{color:var(--weak)}
td.r,th.r{text-align:right;white-space:nowrap}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(320px,100%),1fr));gap:14px}
figure.bad{border-color:var(--worked)}
.row{display:flex;gap:6px}
.row img{flex:1 1 0;min-width:0;max-width:200px;border-radius:3px;background:#191c20}
.heat{display:flex;flex-wrap:wrap;gap:18px;align-items:flex-start}
.heat img{width:224px;height:auto;border-radius:4px;image-rendering:pixelated}`;

/** Chosen: pictures of removed or added images are shown up to this many. */
const maxLonely = 24;

/** Show a difference as one self-contained page: no script, no network, a policy that allows neither. */
export function diffHtml(diffed: Diffed): string {
  const { difference } = diffed;
  return frame({
    title: `${difference.before.name} → ${difference.after.name}`,
    made: ["What lies between two copies of a set, image by image"],
    style: diffStyle,
    main: html`${verdict(difference)}${numbers(difference)}${heat(difference)}${classes(difference)}${gallery(diffed)}${lonely(diffed)}`,
    footer: "Made by retort diff.",
  });
}

function verdict({ verdict: word, reason, suspicious, before, after, pixels, normalisation }: SetDifference): Html {
  const list = (values: readonly number[]) => values.map((x) => x.toPrecision(4)).join(", ");
  const unit = pixels
    ? "pixels from 0 (black) to 1 (white)"
    : "the first set's range of values, since nobody said how it was normalised";
  const tampered = [before, after].filter((set) => set.tampered !== undefined);
  return html`<section class="card verdict ${suspicious ? "bad" : "good"}"><h2>${capital(word)}</h2><p>${capital(reason)}.</p>
${normalisation && html`<p class="note">The ${normalisation.of} set × (${list(normalisation.scale)}) + (${list(normalisation.offset)}) gives the other, channel by channel.</p>`}
<p class="note">Differences in units of ${unit}.</p>
${tampered.map((set) => html`<p class="warning">${set.name} says of itself that it was backdoored: ${JSON.stringify(set.tampered)}</p>`)}</section>`;
}

function numbers({ images, removed, added, reordered, relabelled }: SetDifference): Html {
  const count = (kinds: readonly string[]) => images.filter((image) => kinds.includes(image.kind)).length;
  const items: [string, number][] = [
    ["compared", images.length],
    ["equal", count(["none"])],
    ["re-encoded", count(["rounding", "finer", "clamping", "lossy"])],
    ["wider range", count(["wider"])],
    ["edited", count(["edited"])],
    ["labels changed", relabelled],
    ["removed", removed.length],
    ["added", added.length],
    ["moved in order", reordered],
  ];
  return html`<div class="tiles">${items.map(([name, n]) => html`<div class="card tile"><b>${n}</b><span>${name}</span></div>`)}</div>`;
}

function heat({ heat: map, place, images }: SetDifference): Html | undefined {
  if (map.values.every((x) => x === 0)) return undefined;
  const what = images.some((image) => image.kind === "edited") ? "edited images" : "images";
  const where = place
    ? html`<p><b>Almost all of the change sits in ${spellBox(place)}</b> of ${map.height}×${map.width}: a patch.</p>`
    : html`<p>The change is spread over the whole image.</p>`;
  return html`<h2>Where the ${what} differ</h2><div class="card heat">${img(heatPicture(map.values, map.height, map.width), "mean change")}<div>${where}<p class="note">Mean |Δ| over the ${what}; black none, white the most (${Math.max(...map.values).toPrecision(3)}).</p></div></div>`;
}

function classes({ classes: rows }: SetDifference): Html {
  const head = ["class", "images", "changed", "edited", "relabelled", "max |Δ|", "min PSNR", "min SSIM"];
  const right = (i: number) => (i === 0 ? "" : "r");
  const body = rows.map((row) => {
    const cells = [
      `${row.label}${row.name === String(row.label) ? "" : ` ${row.name}`}`,
      row.images,
      row.changed,
      row.edited,
      row.relabelled,
      fixed(row.maxAbs),
      decibels(row.minPsnr),
      row.minSsim.toFixed(4),
    ];
    const bad = (i: number) => ((i === 3 && row.edited > 0) || (i === 4 && row.relabelled > 0) ? "bad" : "");
    return html`<tr>${cells.map((cell, i) => html`<td class="${right(i)} ${bad(i)}">${cell}</td>`)}</tr>`;
  });
  return html`<h2>By class</h2><div class="card scroll"><table><thead><tr>${head.map((h, i) => html`<th class="${right(i)}">${h}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function gallery(diffed: Diffed): Html | undefined {
  const images = changedImages(diffed);
  if (images.length === 0) return undefined;
  const changed = diffed.difference.images.filter((image) => image.kind !== "none").length;
  return html`<h2>Changed images: before, after, where</h2>${images.length < changed && html`<p class="note">The ${images.length} that changed most, of ${changed}.</p>`}<div class="grid">${images.map((image) => figure(diffed, image))}</div>`;
}

function figure(diffed: Diffed, image: ImageDifference): Html {
  const [before, after] = beforeAfter(diffed, image);
  const name = (label: number) => diffed.before.classNames?.[label] ?? String(label);
  const relabelled = image.labelBefore !== image.labelAfter;
  const parts = [
    `image ${image.a}${image.a === image.b ? "" : ` → ${image.b}`}`,
    relabelled ? `label ${name(image.labelBefore)} → ${name(image.labelAfter)}` : `class ${name(image.labelBefore)}`,
    image.softLabelChanged && !relabelled ? "soft label changed" : "",
    image.kind,
    `max |Δ| ${fixed(image.maxAbs)}`,
    `PSNR ${decibels(image.psnr)}`,
    `SSIM ${image.ssim.toFixed(3)}`,
    image.place ? spellBox(image.place) : "",
  ].filter(Boolean);
  return html`<figure class="card ${relabelled || image.kind === "edited" ? "bad" : ""}"><div class="row">${img(before, "before")}${img(after, "after")}${img(changePicture(diffed, image), "change")}</div><figcaption>${parts.join(" · ")}</figcaption></figure>`;
}

function lonely({ difference: { removed, added }, before, after }: Diffed): Html {
  const part = (title: string, set: Diffed["before"], list: readonly number[]) => {
    if (list.length === 0) return undefined;
    const shown = list
      .slice(0, maxLonely)
      .map(
        (i) =>
          html`<figure class="card"><div class="row">${img(imagePicture(set, i), `image ${i}`)}</div><figcaption>image ${i}, class ${set.classNames?.[set.labels[i]] ?? set.labels[i]}</figcaption></figure>`,
      );
    return html`<h2>${title} (${list.length})</h2><div class="grid">${shown}</div>`;
  };
  return html`${part("Only in the first set", before, removed)}${part("Only in the second set", after, added)}`;
}

function img(picture: Picture, text: string): Html {
  return html`<img alt="${text}" width="${picture.width}" height="${picture.height}" src="data:image/png;base64,${toBase64(pictureToPng(picture))}">`;
}

function fixed(x: number): string {
  return x === 0 ? "0" : x < 0.001 ? x.toExponential(1) : x.toFixed(4);
}

/** Decibels in words: equal images have infinitely many. */
export function decibels(x: number): string {
  return Number.isFinite(x) ? `${x.toFixed(1)} dB` : "∞";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
