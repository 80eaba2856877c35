import { type Html, html } from "../page/html.ts";
import { plane } from "../page/plane.ts";
import { chart, ink } from "./chart.ts";
import type { Curve } from "./record.ts";

// Chosen: more points than pixels only make the page heavy.
const maxPoints = 400;

type Series = Curve["series"][number];

/** Draw loss curves: a line for each series over steps. */
export function curveChart(curve: Curve): Html {
  const named = curve.series.length > 1;
  const all = curve.series.map((series) => ({ ...series, points: thin(series.points) }));
  const points = all.flatMap((series) => series.points);
  const top = named ? 24 : 0;
  return chart(curve.title, 240 + top, (width) => {
    const area = plane({
      width,
      height: 240,
      across: { values: points.map(([x]) => x), title: curve.x, unit: 1 },
      up: { values: points.map(([, y]) => y), title: "", unit: 1, zero: false },
    });
    const colour = (i: number) => ink.series[i % ink.series.length];
    const lines = all.map(({ points }, i) => {
      const places = points.map(([x, y]) => `${area.x(x)} ${area.y(y)}`);
      // A line of no length with round ends is a dot.
      return html`<path d="M${places.join("L")}${points.length === 1 && "h0"}" stroke="${colour(i)}" stroke-width="${points.length === 1 ? 7 : 1.8}" stroke-linecap="round" stroke-linejoin="round"/>`;
    });
    return html`${named && legend(all, width, colour)}<g transform="translate(0 ${top})">${area.frame}${lines}</g>`;
  });
}

function legend(all: readonly Series[], width: number, colour: (i: number) => string): Html {
  const slot = Math.min(170, (width - 46) / all.length);
  return html`<g font-size="12" fill="${ink.soft}">${all.map(({ name }, i) => {
    const x = 46 + i * slot;
    return html`<rect x="${x}" y="8" width="14" height="4" rx="2" fill="${colour(i)}"/><text x="${x + 20}" y="14">${name}</text>`;
  })}</g>`;
}

/** Keep every k-th finite point and the last one. */
function thin(points: Series["points"]): Series["points"] {
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const every = Math.ceil(finite.length / maxPoints);
  return finite.filter((_, i) => i % every === 0 || i === finite.length - 1);
}
