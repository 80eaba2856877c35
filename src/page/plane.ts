import { type Html, html } from "./html.ts";

/** A plane with two axes, drawn as plain SVG: by scripts of pages too, so that nothing but the picture is needed. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  /** From values to places in the picture. */
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  /** Rules, numbers and titles of the axes. */
  readonly frame: Html;
}

export interface Axis {
  /** What has to fit in. */
  readonly values: readonly number[];
  readonly title: string;
  /** What a value of 1 is called on the axis. Default 100: fractions, written in per cent or points. */
  readonly unit?: number;
  /** Is 0 on it? Default true. */
  readonly zero?: boolean;
}

export interface PlaneOptions {
  readonly width: number;
  readonly height: number;
  readonly across: Axis;
  readonly up: Axis;
}

const margin = { left: 46, right: 14, top: 26, bottom: 44 };

/** Lay out a plane around all given values, with round numbers along its axes. */
export function plane({ width, height, across, up }: PlaneOptions): Plane {
  const [xTicks, yTicks] = [ticks(across, width > 400 ? 7 : 4), ticks(up, 5)];
  const scale = (marks: readonly number[], { unit = 100 }: Axis, from: number, to: number) => {
    const [low, high] = [marks[0], marks[marks.length - 1]];
    return (value: number) => round(from + ((unit * value - low) / (high - low)) * (to - from));
  };
  const x = scale(xTicks, across, margin.left, width - margin.right);
  const y = scale(yTicks, up, height - margin.bottom, margin.top);
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
  const rule = (zero: boolean) => html` stroke="var(${zero ? "--soft" : "--rule"})"`;
  const frame = html`<g font-size="11" fill="var(--soft)">${yTicks.map((tick) => {
    const at = y(tick / (up.unit ?? 100));
    return html`<path d="M${left} ${at}H${right}"${rule(tick === 0)}/><text x="${left - 7}" y="${at + 4}" text-anchor="end">${number(tick)}</text>`;
  })}${xTicks.map((tick) => {
    const at = x(tick / (across.unit ?? 100));
    return html`<path d="M${at} ${bottom}V${tick === 0 ? top : bottom + 4}"${rule(tick === 0)}/><text x="${at}" y="${bottom + 17}" text-anchor="middle">${number(tick)}</text>`;
  })}</g><g font-size="12" fill="var(--soft)"><text x="${(left + right) / 2}" y="${height - 8}" text-anchor="middle">${across.title}</text><text x="2" y="12">${up.title}</text></g>`;
  return { width, height, x, y, frame };
}

/** Round numbers, as written on an axis, that begin below and end above all its values, and 0 where it is on it. */
export function ticks(
  { values, unit = 100, zero = true }: Pick<Axis, "values" | "unit" | "zero">,
  about: number,
): number[] {
  let [low, high] = zero ? [0, 0] : [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, unit * value), Math.max(high, unit * value)];
  if (!(high >= low)) [low, high] = [0, 1];
  // Per cents closer than one are the same; of other numbers those are that a double hardly tells apart.
  const least = unit === 100 ? 1 : 1e-6 * Math.max(1e-6, Math.abs(low), Math.abs(high));
  if (high - low < least) high = low + least;
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  // Digits that the step has, and no more.
  const digits = Math.max(0, 2 - Math.floor(Math.log10(step)));
  return Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * step).toFixed(Math.min(100, digits))) + 0,
  );
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
