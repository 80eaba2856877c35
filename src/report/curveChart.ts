import type { Html } from "../page/html.ts";
import { chart, ink } from "./chart.ts";
import type { Curve } from "./record.ts";

// Chosen: more points than pixels only make the page heavy.
const maxPoints = 400;

/** Draw loss curves: a line for each series over steps. */
export function curveChart(id: string, curve: Curve): Html {
  const named = curve.series.length > 1;
  return chart(id, curve.title, named ? 270 : 240, (width) => ({
    grid: { left: 56, right: 16, top: named ? 34 : 14, bottom: 44 },
    legend: named
      ? {
          top: 0,
          left: 50,
          icon: "roundRect",
          itemWidth: 14,
          itemHeight: 4,
          itemGap: 30,
          textStyle: { color: ink.soft, fontSize: 12 },
        }
      : undefined,
    xAxis: {
      type: "value",
      name: curve.x,
      nameLocation: "middle",
      nameGap: 26,
      nameTextStyle: { color: ink.soft, fontSize: 12 },
      min: "dataMin",
      max: "dataMax",
      splitNumber: width > 400 ? 6 : 3,
      axisLabel: { color: ink.soft, fontSize: 11, showMaxLabel: false },
      axisLine: { show: true, lineStyle: { color: ink.rule } },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      scale: true,
      splitNumber: 4,
      axisLabel: { color: ink.soft, fontSize: 11 },
      splitLine: { lineStyle: { color: ink.rule } },
    },
    series: curve.series.map((series, i) => ({
      type: "line",
      name: series.name,
      data: thin(series.points),
      showSymbol: series.points.length === 1,
      lineStyle: { color: ink.series[i % ink.series.length], width: 1.8 },
      itemStyle: { color: ink.series[i % ink.series.length] },
    })),
  }));
}

/** Keep every k-th point and the last one. */
function thin(points: Curve["series"][number]["points"]): Curve["series"][number]["points"] {
  const every = Math.ceil(points.length / maxPoints);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
