import { type Html, html } from "../page/html.ts";

/** Colours of a chart, by role; style.ts gives each a value for light and for dark. */
export const ink = {
  text: "var(--ink)",
  soft: "var(--soft)",
  rule: "var(--rule)",
  paper: "var(--card)",
  series: ["var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)", "var(--series-5)"],
} as const;

/** Chosen: a card's width on a wide page, and a telephone's less its margins. */
const widths = { wide: 560, narrow: 330 } as const;

/**
 * Draw a chart as SVG for a page, once for wide and once for narrow screens; the style sheet shows one of them.
 *
 * The SVG carries no style of its own and no script, only attributes: the page's content policy forbids both.
 *
 * @param label what the chart shows, for those who cannot see it.
 */
export const chart = (label: string, height: number, draw: (width: number) => Html): Html =>
  html`${Object.entries(widths).map(
    ([kind, width]) =>
      html`<svg class="chart ${kind}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" fill="none">${draw(width)}</svg>`,
  )}`;
