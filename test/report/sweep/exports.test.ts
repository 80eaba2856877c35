import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/core/errors.ts";
import { ticks } from "../../../src/page/plane.ts";
import { latexText } from "../../../src/report/sweep/latex.ts";
import { parseSweep } from "../../../src/report/sweep/sweepRecord.ts";
import {
  renderFrontier,
  renderSweepCsv,
  renderSweepLatex,
  renderSweepMarkdown,
  summariseSweep,
} from "../../../src/report/sweep.ts";
import { parseDelimited } from "./parseCsv.ts";
import { syntheticSweep } from "./syntheticSweep.ts";

const record = syntheticSweep({
  axes: { set: ["dc_1", "dc|10"], trigger: ["white1", "white5"] },
  networks: 4,
  failEvery: 4,
});

describe("Markdown", () => {
  const text = renderSweepMarkdown(record);
  const tables = text.split("\n").filter((line) => line.startsWith("|"));

  test("has the command, the conclusion, conditions, differences and failures", () => {
    expect(text).toContain("retort run experiments/triggers.yaml");
    expect(text).toContain(summariseSweep(record).heading);
    expect(text).toContain("| dc\\_1 | white5 | 4 | ");
    expect(text).toContain("| trigger | white1 | white5 | 1 | 4 | ");
    expect(text).toMatch(/\| [0-9a-f]{10} \| set dc\\\|10, trigger white5 \| train: invalid loss/);
    expect(text).toMatch(/\*\*\d+\.\d ± \d+\.\d\*\*/);
  });

  test("keeps names in their cells", () => {
    const widths = tables.map((line) => line.replace(/\\\|/g, "").split("|").length);
    expect(new Set(widths.slice(0, 5)).size).toBe(1);
    expect(text.replace("got NaN at epoch 17", "")).not.toMatch(/undefined|NaN|Infinity/);
  });
});

describe("LaTeX", () => {
  test("is a booktabs table whose rows have as many cells as columns", () => {
    const lines = renderSweepLatex(record).split("\n");
    expect(lines[0]).toBe("% \\usepackage{booktabs}");
    const columns = /\\begin\{tabular\}\{([lr]+)\}/.exec(lines.join("\n"))?.[1] ?? "";
    const rows = lines.filter((line) => line.endsWith(" \\\\"));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.replace(/\\&/g, "").split("&")).toHaveLength(columns.length);
    expect(rows[1]).toMatch(/^dc\\_1 & white1 & 4 & [\d.]+ \$\\pm\$ /);
    expect(["\\toprule", "\\midrule", "\\bottomrule"].every((rule) => lines.includes(rule))).toBe(true);
  });

  test("breaks over pages where it is long", () => {
    const long = renderSweepLatex(syntheticSweep({ axes: { alpha: Array.from({ length: 41 }, (_, i) => i) } }));
    expect(long.split("\n")[0]).toBe("% \\usepackage{booktabs,longtable}");
    expect(long).toContain("\\end{longtable}");
  });

  prop.prop([fc.string({ unit: fc.constantFrom(...'\\{}$&%#_^~<>|"ab \n') })])(
    "escapes every special character",
    (text) => {
      const bare = latexText(text)
        .replace(/\\(?:textbackslash|textasciitilde|textasciicircum|textbar|dots)\{\}/g, "")
        .replace(/\$(?:\\pm|[<>-])\$/g, "")
        .replace(/\\[&%$#_{}]/g, "");
      expect(bare).toMatch(/^[ab ']*$/);
    },
  );
});

describe("CSV", () => {
  test("has a line a network, and one for a failed trial", () => {
    const [head, ...lines] = parseDelimited(renderSweepCsv(record));
    expect(lines).toHaveLength(3 * 4 * 2 + 1);
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([head.length]));
    const as = (line: readonly string[]) => Object.fromEntries(head.map((name, i) => [name, line[i]]));
    const [trial] = record.trials;
    const first = trial.status === "ok" ? trial.evaluations[1] : undefined;
    expect(as(lines[1])).toMatchObject({
      trial: trial.id,
      "axis.set": "dc_1",
      status: "ok",
      set: "tampered",
      cta: String(first?.cta),
      asrRandomTrigger: String(first?.asrRandomTrigger),
      asrClamped: "",
    });
    expect(as(lines[24])).toMatchObject({
      status: "failed",
      error: expect.stringContaining("NaN at epoch 17"),
      cta: "",
    });
  });

  test("says of which class the images are that ASR counts, where an attack names one", () => {
    const trigger = { description: "a generator", inGamut: true };
    const trials = record.trials.map((trial, i) =>
      trial.status === "ok" ? { ...trial, trigger: { ...trigger, ...(i === 0 && { sourceClass: 4 }) } } : trial,
    );
    const [head, ...lines] = parseDelimited(renderSweepCsv(parseSweep({ ...record, trials })));
    expect(head.at(-1)).toBe("sourceClass");
    expect([lines[0], lines[8], lines[24]].map((line) => line.at(-1))).toEqual(["4", "", ""]);
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([head.length]));
  });

  prop.prop([fc.string(), fc.string()])("keeps any text in its cell", (value, error) => {
    const one = syntheticSweep({ failEvery: 1, axes: { trigger: [value] } });
    const trials = one.trials.map((trial) => ({ ...trial, ...(trial.status === "failed" && { error }) }));
    const [, line] = parseDelimited(renderSweepCsv({ ...one, trials }));
    expect([line[1], line[3]]).toEqual([value, error]);
  });
});

describe("the frontier", () => {
  const sweep = syntheticSweep({
    axes: { set: ["dc-1", "<dc-10>"], trigger: ["white1", "white3", "white5"], network: ["a", "b"] },
  });

  test("has a series a value, a point a condition, and intervals", () => {
    const svg = renderFrontier(sweep, { by: "set" });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.match(/<circle/g)).toHaveLength(2 + 12);
    expect(svg.match(/opacity="\.45"/g)).toHaveLength(12);
    expect(svg).toContain("&lt;dc-10&gt;</text>");
    expect(svg).not.toMatch(/undefined|NaN|Infinity|<script/);
  });

  test("names the points where one other axis varies, and joins them if its values are numbers", () => {
    const named = renderFrontier(sweep, { by: "set", where: { network: "b" } });
    expect(named.match(/<circle/g)).toHaveLength(2 + 6);
    expect(named).not.toContain('stroke-width="1.4"');
    expect(named.match(/>white3<\/text>/g)).toHaveLength(2);
    const sizes = syntheticSweep({ axes: { set: ["dc-1", "dc-10"], "trigger.side": ["1", "3", "5"] } });
    expect(renderFrontier(sizes, { by: "set" }).match(/stroke-width="1\.4"/g)).toHaveLength(2);
  });

  test("names what it does not know", () => {
    expect(() => renderFrontier(sweep, { by: "budget" })).toThrow(
      new UsageError("frontier: unknown axis: expected one of set, trigger, network, got budget"),
    );
    expect(() => renderFrontier(sweep, { by: "set", where: { network: "c" } })).toThrow("expected one of a, b, got c");
    expect(() => renderFrontier(syntheticSweep({ controls: false }), { by: "trigger" })).toThrow("missing points");
  });
});

const fractions = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
prop.prop([fractions, fc.integer({ min: 3, max: 8 })])(
  "axes have a few round numbers around all values and 0",
  (values, about) => {
    const marks = ticks({ values }, about);
    expect(marks[0]).toBeLessThanOrEqual(Math.min(0, ...values.map((value) => 100 * value)) + 1e-6);
    expect(marks[marks.length - 1]).toBeGreaterThanOrEqual(Math.max(0, ...values.map((value) => 100 * value)) - 1e-6);
    expect(marks.length).toBeLessThanOrEqual(about + 3);
    expect(marks.length).toBeGreaterThan(1);
    expect(marks).toContain(0);
  },
);

prop.prop([
  fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 20 }),
  fc.integer({ min: 3, max: 8 }),
])("an axis without 0 has a few different numbers around all values", (values, about) => {
  const marks = ticks({ values, unit: 1, zero: false }, about);
  const span = marks[marks.length - 1] - marks[0];
  for (const value of values) {
    expect(marks[0]).toBeLessThanOrEqual(value + 1e-6 * span);
    expect(marks[marks.length - 1]).toBeGreaterThanOrEqual(value - 1e-6 * span);
  }
  expect(new Set(marks).size).toBe(marks.length);
  expect(marks.length).toBeLessThanOrEqual(about + 3);
  expect(marks.length).toBeGreaterThan(1);
});
