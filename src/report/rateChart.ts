import { summarise } from "../metrics/intervals.ts";
import { type Html, html } from "../page/html.ts";
import { meanAndDeviation } from "../page/numbers.ts";
import { chart, ink } from "./chart.ts";
import { type Condition, type Group, valuesOf } from "./conditions.ts";

/** A round end of the axis, in per cent, and the distance of its rules. */
function scale(largest: number): { top: number; step: number } {
  const step = largest <= 10 ? 2 : largest <= 25 ? 5 : largest <= 60 ? 10 : 20;
  return { top: Math.min(100, Math.ceil(largest / step) * step), step };
}

/** One line of the chart. */
interface Line {
  readonly label: string;
  readonly values: readonly number[];
  readonly colour: string;
}

const lineHeight = 30;

/**
 * Draw rates as dots, one a network, with their mean and its 95 % interval: a line for each group and condition.
 *
 * @param chance rate that guessing gives; drawn as a dashed rule.
 */
export function rateChart(
  label: string,
  all: readonly Group[],
  conditions: readonly Condition[],
  chance?: number,
): Html {
  const blocks = all.map((group) => ({
    name: `${group.network}, ${group.epochs} epochs`,
    lines: conditions
      .map(
        (condition): Line => ({
          label: condition.label,
          values: valuesOf(group.results, condition),
          colour: ink.series[condition.tone],
        }),
      )
      .filter((line) => line.values.length > 0),
  }));
  // Rows from the top: a heading for each group, then its lines. `at` counts rows; the y axis points down.
  const headings: { at: number; name: string }[] = [];
  const rows: (Line & { at: number })[] = [];
  let at = 0;
  for (const block of blocks) {
    headings.push({ at: at++, name: block.name });
    for (const line of block.lines) rows.push({ ...line, at: at++ });
  }
  const largest = Math.max(
    0.05,
    ...rows.flatMap((row) => [...row.values, Math.min(1, summarise(row.values).high)].filter(Number.isFinite)),
  );
  const { top, step } = scale(100 * largest * 1.04);
  return chart(label, at * lineHeight + 34, (width) => {
    const labels = width > 400 ? 196 : 0;
    const [left, right] = [Math.max(labels, 10), width - 96];
    const place: Places = {
      width,
      labels,
      x: (rate) => round(left + ((right - left) * 100 * Math.min(1, Math.max(0, rate))) / top),
      y: (row) => round(4 + row * (lineHeight + 2 / at)),
    };
    const every = width > 400 || top % (2 * step) !== 0 ? step : 2 * step;
    const marks = Array.from({ length: Math.floor(top / every) + 1 }, (_, i) => i * every);
    const bottom = place.y(at);
    return html`${marks.map((mark) => {
      const x = place.x(mark / 100);
      return html`<path d="M${x} 4V${bottom}" stroke="${ink.rule}"/>${text(bottom + 14, x, `${mark} %`, "middle", ink.soft, 11)}`;
    })}${chance !== undefined && 100 * chance <= top && html`<path d="M${place.x(chance)} 4V${bottom}" stroke="${ink.soft}" stroke-dasharray="3 4"/>`}${headings.map(
      (heading) => text(place.y(heading.at + 0.5), labels > 0 ? 4 : 10, heading.name, "start", ink.text, 12, true),
    )}${rows.map((row) => drawLine(place, row))}`;
  });
}

/** Where things lie in a chart of one width. */
interface Places {
  readonly width: number;
  /** Room for labels beside the dots; 0 on a narrow chart, where they stand above. */
  readonly labels: number;
  /** Of a rate. */
  readonly x: (rate: number) => number;
  /** Of a row, counted from the top. */
  readonly y: (row: number) => number;
}

function drawLine({ width, labels, x, y: yOf }: Places, row: Line & { at: number }): Html {
  const summary = summarise(row.values);
  const y = yOf(row.at + (labels > 0 ? 0.5 : 0.68));
  const label =
    labels > 0
      ? text(y, labels - 10, row.label, "end", ink.soft, 12)
      : text(yOf(row.at + 0.22), 10, row.label, "start", ink.soft, 11);
  const interval =
    Number.isFinite(summary.low) &&
    html`<rect x="${x(summary.low)}" y="${y - 3}" width="${round(Math.max(1, x(summary.high) - x(summary.low)))}" height="6" rx="3" fill="${row.colour}" opacity=".32"/>`;
  const dots = row.values.map(
    (value) => html`<circle cx="${x(value)}" cy="${y}" r="2.6" fill="${row.colour}" opacity=".55"/>`,
  );
  return html`${label}${interval}${dots}<circle cx="${x(summary.mean)}" cy="${y}" r="5.5" fill="${row.colour}" stroke="${ink.paper}" stroke-width="2"/>${text(y, width - 4, meanAndDeviation(summary), "end", ink.text, 12)}`;
}

function text(
  y: number,
  x: number,
  content: string,
  anchor: "start" | "middle" | "end",
  fill: string,
  size: number,
  bold = false,
): Html {
  // A halo keeps the text readable where a rule crosses it.
  return html`<text x="${x}" y="${round(y + 0.35 * size)}" text-anchor="${anchor}" font-size="${size}"${bold && html` font-weight="bold"`} fill="${fill}" stroke="${ink.paper}" stroke-width="3" paint-order="stroke">${content}</text>`;
}

/** A tenth of a pixel is enough. */
const round = (value: number): number => Math.round(10 * value) / 10;
