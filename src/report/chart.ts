import { CustomChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { escapeHtml } from "../core/escapeHtml.ts";
import { Html } from "../page/html.ts";

echarts.use([CustomChart, LineChart, GridComponent, LegendComponent, SVGRenderer]);

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
 * @param id unique on the page, a plain word.
 * @param label what the chart shows, for those who cannot see it.
 */
export function chart(
  id: string,
  label: string,
  height: number,
  option: (width: number) => echarts.EChartsCoreOption,
): Html {
  const drawn = Object.entries(widths).map(([kind, width]) => {
    const instance = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
    try {
      instance.setOption({ animation: false, textStyle: { color: ink.text }, ...option(width) });
      return tidy(instance.renderToSVGString(), `${id}-${kind}`, kind, label);
    } finally {
      instance.dispose();
    }
  });
  return new Html(drawn.join(""));
}

function tidy(svg: string, id: string, kind: string, label: string): string {
  return svg
    .replace(/<style ?>[\s\S]*?<\/style>/g, "")
    .replace(/ class="[^"]*"/g, "")
    .replace(/ ecmeta_\w+="[^"]*"/g, "")
    .replace(/ style="([^"]*)"/g, (_, style: string) => fontAttributes(style))
    .replace(/zr\d+-(c\d+)/g, `${id}-$1`)
    .replace(/ pointer-events="\w+"/g, "")
    .replace(/\n+/g, "")
    .replace(/<svg [^>]*viewBox="([^"]+)"[^>]*>/, (_, box: string) => {
      return `<svg class="chart ${kind}" viewBox="${box}" role="img" aria-label="${escapeHtml(label)}">`;
    });
}

/** The font of a text as attributes; its family comes from the page. */
function fontAttributes(style: string): string {
  const size = /font-size:([\d.]+)px/.exec(style)?.[1];
  const weight = /font-weight:(\w+)/.exec(style)?.[1];
  return (size ? ` font-size="${size}"` : "") + (weight && weight !== "normal" ? ` font-weight="${weight}"` : "");
}
