import { UsageError } from "../../core/errors.ts";
import { type Html, html } from "../../page/html.ts";
import { cross, type Plane, plane } from "../../page/plane.ts";
import { cellsOf } from "./cells.ts";
import { ends, type Trade, trades } from "./front.ts";
import { placeLabels } from "./labels.ts";
import { rise } from "./measures.ts";
import { choiceFilter } from "./select.ts";
import { type Factor, type SweepData, sweepData } from "./sweepData.ts";
import type { SweepRecord } from "./sweepRecord.ts";

export interface FrontierOptions {
  /** Axis whose values become series. */
  readonly by: string;
  /** Only conditions with these values: axis → value, as text. */
  readonly where?: Readonly<Record<string, string>>;
}

const width = 760;
const height = 440;
const pad = 14;
const tones = 7;
/** Entries of a line of the legend, after the name of the axis. */
const perRow = 4;

/** Colours of the reports' charts; a picture of its own follows the reader's preference too. */
const style = `svg{--card:#fffefb;--ink:#20242a;--soft:#666d76;--rule:#e4e0d7;--series-1:#cf4327;--series-2:#2c6cb0;--series-3:#7d8b2f;--series-4:#8458a8;--series-5:#b97f10;--series-6:#1f8a83;--series-7:#8a6a55}
@media (prefers-color-scheme:dark){svg{--card:#1c2026;--ink:#e9e6df;--soft:#9ba3ad;--rule:#323943;--series-1:#ff7a5c;--series-2:#6fb0f2;--series-3:#b6c45a;--series-4:#c096e6;--series-5:#e8b34b;--series-6:#4fc6bd;--series-7:#c9a48b}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}`;

/**
 * Draw what an attack gains against what it costs as an SVG file: loss of CTA (x) against the rise of ASR over the
 * strongest control (y), both with their 95 % intervals, one series a value of an axis.
 *
 * Where one other axis varies, its values are written at the points that have room for them, the highest first, and joined in their
 * order if they are numbers.
 *
 * @throws UsageError for an axis or a value that the sweep does not have, or if nothing was measured.
 * @example
 * const svg = renderFrontier(sweep, { by: "attack" });
 */
export function renderFrontier(record: SweepRecord, { by, where = {} }: FrontierOptions): string {
  const data = sweepData(record);
  const factor = factorOf(data, by);
  const chosen = choiceFilter(data.factors, chosenView(data, where));
  const points = trades(
    cellsOf(data).filter(({ at }) => chosen(at)),
    rise,
  );
  if (points.length === 0)
    throw new UsageError(
      "frontier: missing points: expected conditions with CTA on both sets, ASR and a control, got none",
    );
  const others = data.factors.flatMap((_, i) =>
    i !== factor && new Set(points.map(({ cell }) => cell.at[i])).size > 1 ? [i] : [],
  );
  const series = data.factors[factor].values
    .map((name, value) => ({ name, value, points: points.filter(({ cell }) => cell.at[factor] === value) }))
    .filter((one) => one.points.length > 0);
  const area = plane({
    width,
    height,
    across: {
      values: points.flatMap(({ loss }) => [loss.mean, ...(ends(loss) ?? [])]),
      title: "loss of CTA, points",
    },
    up: {
      values: points.flatMap(({ gain }) => [gain.mean, ...(ends(gain) ?? [])]),
      title: "rise of ASR over the strongest control, points",
    },
  });
  const along = others.length === 1 ? others[0] : undefined;
  const label = `loss of CTA against rise of ASR over the strongest control, by ${by}`;
  const rows = Math.ceil(series.length / perRow);
  const top = 20 * rows + 16;
  const total = height + top + 6;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width + 2 * pad} ${total}" width="${width + 2 * pad}" height="${total}" role="img" aria-label="${label}"><title>${label}</title><style>${style}</style>
<rect width="${width + 2 * pad}" height="${total}" rx="10" fill="var(--card)"/>${legend(by, series)}
<g transform="translate(${pad} ${top})" fill="none">${area.frame}${series.map((one, i) => drawSeries(area, one.points, i, along !== undefined && isNumeric(data.factors[along])))}${along !== undefined && names(area, points, along, data.factors[along])}</g></svg>
`.markup;
}

function drawSeries(area: Plane, points: readonly Trade[], index: number, ordered: boolean): Html {
  const { x, y } = area;
  const colour = `var(--series-${(index % tones) + 1})`;
  const path = points.map(({ loss, gain }, i) => `${i === 0 ? "M" : "L"}${x(loss.mean)} ${y(gain.mean)}`).join("");
  return html`<g>${ordered && html`<path d="${path}" stroke="${colour}" stroke-width="1.4"${index >= tones && html` stroke-dasharray="4 3"`} opacity=".8"/>`}${points.map(
    ({ loss, gain }) => cross(area, { x: loss.mean, y: gain.mean }, ends(loss), ends(gain), colour),
  )}</g>`;
}

const isNumeric = ({ values }: Factor): boolean => values.every((value) => Number.isFinite(Number(value)));

/** What the points are, written at them where there is room. */
function names({ x, y }: Plane, points: readonly Trade[], along: number, { values }: Factor): Html {
  const dots = points
    .toSorted((a, b) => b.gain.mean - a.gain.mean)
    .map(({ cell, loss, gain }) => ({ x: x(loss.mean), y: y(gain.mean), text: values[cell.at[along]] }));
  const places = placeLabels(dots, width);
  return html`<g font-size="11" fill="var(--ink)" stroke="var(--card)" stroke-width="3" paint-order="stroke">${dots.map(
    ({ text }, i) => {
      const place = places[i];
      return place && html`<text x="${place.x}" y="${place.y}">${text}</text>`;
    },
  )}</g>`;
}

function legend(by: string, series: readonly { readonly name: string }[]): Html {
  const slot = (width - 46) / (perRow + 1);
  const short = (name: string) => (name.length > 20 ? `${name.slice(0, 19)}…` : name);
  return html`<g font-size="12" fill="var(--ink)"><text x="${pad + 2}" y="24" fill="var(--soft)">${short(by)}</text>${series.map(
    ({ name }, i) => {
      const [left, top] = [pad + 46 + (1 + (i % perRow)) * slot, 24 + 20 * Math.floor(i / perRow)];
      return html`<circle cx="${left - 11}" cy="${top - 4}" r="5" fill="var(--series-${(i % tones) + 1})"/><text x="${left}" y="${top}">${short(name)}</text>`;
    },
  )}</g>`;
}

function factorOf({ factors }: SweepData, name: string): number {
  const at = factors.findIndex((factor) => factor.name === name);
  if (at >= 0) return at;
  throw new UsageError(
    `frontier: unknown axis: expected one of ${factors.map((one) => one.name).join(", ")}, got ${name}`,
  );
}

/** Chosen values as the page's filters have them. */
function chosenView(data: SweepData, where: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(where).map(([name, value]) => {
      const factor = factorOf(data, name);
      const { values } = data.factors[factor];
      if (!values.includes(value))
        throw new UsageError(`frontier: unknown value of ${name}: expected one of ${values.join(", ")}, got ${value}`);
      return [`where-${factor}`, String(values.indexOf(value))];
    }),
  );
}
