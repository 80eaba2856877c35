import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";
import { summarise } from "../metrics/intervals.ts";
import type { Html } from "../page/html.ts";
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
  id: string,
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
  return chart(id, label, at * lineHeight + 34, (width) => {
    const labels = width > 400 ? 196 : 0;
    return {
      grid: { left: Math.max(labels, 10), right: 96, top: 4, bottom: 28 },
      xAxis: {
        type: "value",
        min: 0,
        max: top,
        interval: width > 400 ? step : top % (2 * step) === 0 ? 2 * step : step,
        axisLabel: { formatter: "{value} %", color: ink.soft, fontSize: 11 },
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { lineStyle: { color: ink.rule } },
      },
      yAxis: { type: "value", min: 0, max: at, inverse: true, show: false },
      series: [
        {
          type: "custom",
          data: [0],
          renderItem: (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => ({
            type: "group",
            children: [
              ...chanceRule(api, at, chance, top),
              ...headings.map((heading) =>
                text(
                  api.coord([0, heading.at + 0.5])[1],
                  labels > 0 ? 4 : 10,
                  heading.name,
                  "left",
                  ink.text,
                  12,
                  true,
                ),
              ),
              ...rows.flatMap((row) => drawLine(api, row, width, labels)),
            ],
          }),
        },
      ],
    };
  });
}

function drawLine(api: CustomSeriesRenderItemAPI, row: Line & { at: number }, width: number, labels: number) {
  const summary = summarise(row.values);
  // On a narrow chart the label stands above its dots.
  const y = api.coord([0, row.at + (labels > 0 ? 0.5 : 0.68)])[1];
  const x = (rate: number) => api.coord([100 * Math.min(1, Math.max(0, rate)), 0])[0];
  const interval = Number.isFinite(summary.low)
    ? [
        {
          type: "rect",
          shape: { x: x(summary.low), y: y - 3, width: Math.max(1, x(summary.high) - x(summary.low)), height: 6, r: 3 },
          style: { fill: row.colour, opacity: 0.32 },
        },
      ]
    : [];
  return [
    labels > 0
      ? text(y, labels - 10, row.label, "right", ink.soft, 12)
      : text(api.coord([0, row.at + 0.22])[1], 10, row.label, "left", ink.soft, 11),
    ...interval,
    ...row.values.map((value) => ({
      type: "circle",
      shape: { cx: x(value), cy: y, r: 2.6 },
      style: { fill: row.colour, opacity: 0.55 },
    })),
    {
      type: "circle",
      shape: { cx: x(summary.mean), cy: y, r: 5.5 },
      style: { fill: row.colour, stroke: ink.paper, lineWidth: 2 },
    },
    text(y, width - 4, meanAndDeviation(summary), "right", ink.text, 12),
  ];
}

function chanceRule(api: CustomSeriesRenderItemAPI, rows: number, chance: number | undefined, top: number) {
  if (chance === undefined || 100 * chance > top) return [];
  const [x, y1] = api.coord([100 * chance, 0]);
  const [, y2] = api.coord([0, rows]);
  return [
    { type: "line", shape: { x1: x, y1, x2: x, y2 }, style: { stroke: ink.soft, lineDash: [3, 4], lineWidth: 1 } },
  ];
}

function text(
  y: number,
  x: number,
  content: string,
  align: "left" | "right",
  fill: string,
  fontSize: number,
  bold = false,
) {
  return {
    type: "text",
    style: {
      x,
      y,
      text: content,
      align,
      verticalAlign: "middle",
      fill,
      fontSize,
      fontWeight: bold ? "bold" : "normal",
      // A halo keeps the text readable where a rule crosses it.
      stroke: ink.paper,
      lineWidth: 3,
    },
  };
}
