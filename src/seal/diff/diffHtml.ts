import { createHash } from "node:crypto";
import { escapeHtml } from "../../core/escapeHtml.ts";
import { encodeBase64 } from "../shape.ts";
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

const style = `
:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1d1d1f;--soft:#6b6b70;--line:#dedee2;--card:#fff;--bad:#b3261e;--good:#1b6e3c;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--bg:#161618;--fg:#ececef;--soft:#9a9aa2;--line:#34343a;--card:#1f1f23;--bad:#ff8a80;--good:#7ddc9f;--warn:#f0c36d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:24px 16px 64px;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:36px 0 12px}
p{margin:6px 0}.soft{color:var(--soft)}
.verdict{border:1px solid var(--line);border-left:6px solid var(--good);background:var(--card);border-radius:8px;padding:14px 18px;margin:18px 0}
.verdict.bad{border-left-color:var(--bad)}.verdict strong{font-size:1.15rem}
.verdict.bad strong{color:var(--bad)}.verdict.good strong{color:var(--good)}
.warning{color:var(--warn)}
.numbers{display:flex;flex-wrap:wrap;gap:10px}
.numbers div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 14px;min-width:110px}
.numbers b{display:block;font-size:1.25rem;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{color:var(--soft);font-weight:500}th:first-child,td:first-child{text-align:left}
td.bad{color:var(--bad);font-weight:600}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:14px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px}
figure.bad{border-color:var(--bad)}
figure .row{display:flex;gap:6px}
figure img{flex:1 1 0;min-width:0;width:100%;max-width:200px;height:auto;image-rendering:pixelated;border-radius:3px;background:#000}
figcaption{margin-top:6px;font-size:.85rem;color:var(--soft)}
.heat{display:flex;flex-wrap:wrap;gap:18px;align-items:flex-start}
.heat img{width:224px;height:auto;image-rendering:pixelated;border-radius:4px}
`;

/** Chosen: pictures of removed or added images are shown up to this many. */
const maxLonely = 24;

/** Show a difference as one self-contained page: no script, no network, a policy that allows neither. */
export function diffHtml(diffed: Diffed): string {
  const { difference } = diffed;
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const title = `${difference.before.name} → ${difference.after.name}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1><p class="soft">What lies between two copies of a set, image by image. Made by retort diff.</p>`,
    verdict(difference),
    numbers(difference),
    heat(difference),
    classes(difference),
    gallery(diffed),
    lonely(diffed),
    "</body></html>\n",
  ].join("\n");
}

function verdict({ verdict: word, reason, suspicious, before, after, pixels, normalisation }: SetDifference): string {
  const tampered = [before, after]
    .filter((set) => set.tampered !== undefined)
    .map(
      (set) =>
        `<p class="warning">${escapeHtml(set.name)} says of itself that it was backdoored: ${escapeHtml(JSON.stringify(set.tampered))}</p>`,
    );
  const list = (values: readonly number[]) => values.map((x) => x.toPrecision(4)).join(", ");
  const map = normalisation
    ? `<p class="soft">The ${normalisation.of} set × (${list(normalisation.scale)}) + (${list(normalisation.offset)}) gives the other, channel by channel.</p>`
    : "";
  const unit = pixels
    ? "pixels from 0 (black) to 1 (white)"
    : "the first set's range of values, since nobody said how it was normalised";
  return `<div class="verdict ${suspicious ? "bad" : "good"}"><strong>${escapeHtml(capital(word))}</strong><p>${escapeHtml(capital(reason))}.</p>${map}<p class="soft">Differences in units of ${unit}.</p>${tampered.join("")}</div>`;
}

function numbers({ images, removed, added, reordered, relabelled }: SetDifference): string {
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
  return `<div class="numbers">${items.map(([name, n]) => `<div><b>${n}</b><span class="soft">${name}</span></div>`).join("")}</div>`;
}

function heat({ heat: map, place, images }: SetDifference): string {
  if (map.values.every((x) => x === 0)) return "";
  const what = images.some((image) => image.kind === "edited") ? "edited images" : "images";
  const where = place
    ? `<p><b>Almost all of the change sits in ${spellBox(place)}</b> of ${map.height}×${map.width}: a patch.</p>`
    : "<p>The change is spread over the whole image.</p>";
  return `<h2>Where the ${what} differ</h2><div class="heat">${img(heatPicture(map.values, map.height, map.width), "mean change")}<div>${where}<p class="soft">Mean |Δ| over the ${what}; black none, white the most (${Math.max(...map.values).toPrecision(3)}).</p></div></div>`;
}

function classes({ classes: rows }: SetDifference): string {
  const head = ["class", "images", "changed", "edited", "relabelled", "max |Δ|", "min PSNR", "min SSIM"];
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
    const bad = (i: number) => ((i === 3 && row.edited > 0) || (i === 4 && row.relabelled > 0) ? ' class="bad"' : "");
    return `<tr>${cells.map((cell, i) => `<td${bad(i)}>${escapeHtml(String(cell))}</td>`).join("")}</tr>`;
  });
  return `<h2>By class</h2><div class="scroll"><table><thead><tr>${head.map((h) => `<th>${h}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

function gallery(diffed: Diffed): string {
  const images = changedImages(diffed);
  if (images.length === 0) return "";
  const changed = diffed.difference.images.filter((image) => image.kind !== "none").length;
  const note =
    images.length < changed ? `<p class="soft">The ${images.length} that changed most, of ${changed}.</p>` : "";
  return `<h2>Changed images: before, after, where</h2>${note}<div class="grid">${images.map((image) => figure(diffed, image)).join("")}</div>`;
}

function figure(diffed: Diffed, image: ImageDifference): string {
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
  const row = [img(before, "before"), img(after, "after"), img(changePicture(diffed, image), "change")].join("");
  return `<figure${relabelled || image.kind === "edited" ? ' class="bad"' : ""}><div class="row">${row}</div><figcaption>${escapeHtml(parts.join(" · "))}</figcaption></figure>`;
}

function lonely({ difference: { removed, added }, before, after }: Diffed): string {
  const part = (title: string, set: Diffed["before"], list: readonly number[]) => {
    if (list.length === 0) return "";
    const shown = list
      .slice(0, maxLonely)
      .map(
        (i) =>
          `<figure><div class="row">${img(imagePicture(set, i), `image ${i}`)}</div><figcaption>image ${i}, class ${escapeHtml(set.classNames?.[set.labels[i]] ?? String(set.labels[i]))}</figcaption></figure>`,
      );
    return `<h2>${title} (${list.length})</h2><div class="grid">${shown.join("")}</div>`;
  };
  return part("Only in the first set", before, removed) + part("Only in the second set", after, added);
}

function img(picture: Picture, text: string): string {
  return `<img alt="${escapeHtml(text)}" width="${picture.width}" height="${picture.height}" src="data:image/png;base64,${encodeBase64(pictureToPng(picture))}">`;
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
