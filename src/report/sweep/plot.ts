import { type Html, html } from "../../page/html.ts";

/**
 * A plane with two axes in per cent or points, drawn as plain SVG.
 *
 * Differs: other charts come from ECharts; this one is drawn again in the page when a reader filters, and its code travels
 * with the page.
 */
export interface Plane {
  readonly width: number;
  readonly height: number;
  /** From fractions to places in the picture. */
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  /** Rules, numbers and titles of the axes. */
  readonly frame: Html;
}

export interface PlaneOptions {
  readonly width: number;
  readonly height: number;
  /** Fractions that have to fit in. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly xTitle: string;
  readonly yTitle: string;
}

const margin = { left: 46, right: 14, top: 26, bottom: 44 };

/** Lay out a plane around all given values and 0, with round numbers along its axes. */
export function plane({ width, height, xs, ys, xTitle, yTitle }: PlaneOptions): Plane {
  const [xTicks, yTicks] = [ticks(xs, width > 400 ? 7 : 4), ticks(ys, 5)];
  const scale = (marks: readonly number[], from: number, to: number) => {
    const [low, high] = [marks[0], marks[marks.length - 1]];
    return (value: number) => round(from + ((100 * value - low) / (high - low)) * (to - from));
  };
  const x = scale(xTicks, margin.left, width - margin.right);
  const y = scale(yTicks, height - margin.bottom, margin.top);
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
  const rule = (zero: boolean) => html` stroke="var(${zero ? "--soft" : "--rule"})"`;
  const frame = html`<g font-size="11" fill="var(--soft)">${yTicks.map((tick) => {
    const at = y(tick / 100);
    return html`<path d="M${left} ${at}H${right}"${rule(tick === 0)}/><text x="${left - 7}" y="${at + 4}" text-anchor="end">${number(tick)}</text>`;
  })}${xTicks.map((tick) => {
    const at = x(tick / 100);
    return html`<path d="M${at} ${bottom}V${tick === 0 ? top : bottom + 4}"${rule(tick === 0)}/><text x="${at}" y="${bottom + 17}" text-anchor="middle">${number(tick)}</text>`;
  })}</g><g font-size="12" fill="var(--soft)"><text x="${(left + right) / 2}" y="${height - 8}" text-anchor="middle">${xTitle}</text><text x="2" y="12">${yTitle}</text></g>`;
  return { width, height, x, y, frame };
}

/** Round numbers, in per cent, that begin below and end above all values and 0. */
export function ticks(values: readonly number[], about: number): number[] {
  const ends = values.map((value) => 100 * value);
  let [low, high] = [0, 0];
  for (const value of ends) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (high - low < 1) high = low + 1;
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const [first, last] = [Math.floor(low / step - 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => Math.round((first + i) * step * 1e6) / 1e6 + 0);
}

/** A bar from end to end with a dot at the mean: an interval along either axis. */
export function cross(
  { x, y }: Plane,
  at: { readonly x: number; readonly y: number },
  across: readonly [number, number] | undefined,
  up: readonly [number, number] | undefined,
  colour: string,
): Html {
  const bars = [
    across && `M${x(across[0])} ${y(at.y)}H${x(across[1])}`,
    up && `M${x(at.x)} ${y(up[0])}V${y(up[1])}`,
  ].filter(Boolean);
  return html`${bars.length > 0 && html`<path d="${bars.join("")}" stroke="${colour}" stroke-width="1.6" opacity=".45"/>`}<circle cx="${x(at.x)}" cy="${y(at.y)}" r="5" fill="${colour}" stroke="var(--card)" stroke-width="1.5"/>`;
}

/** A tenth of a pixel is enough, and keeps a picture of thousands of dots small. */
function round(value: number): number {
  return Math.round(10 * value) / 10;
}

function number(value: number): string {
  return String(value).replace("-", "−");
}
