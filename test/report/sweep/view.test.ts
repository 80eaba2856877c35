import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellsOf } from "../../../src/report/sweep/cells.ts";
import { filterCells, pageOf, sortRows } from "../../../src/report/sweep/select.ts";
import { sweepData } from "../../../src/report/sweep/sweepData.ts";
import { allControls, choose, formatView, initialView, parseView } from "../../../src/report/sweep/view.ts";
import { syntheticSweep } from "./syntheticSweep.ts";

const data = sweepData(syntheticSweep({ axes: { set: ["dc-1", "DC-10"], trigger: ["white1", "white3"], one: ["x"] } }));
const initial = initialView(data);

describe("a view", () => {
  const choices = fc.array(
    fc.oneof(
      fc
        .constantFrom(...allControls(data))
        .chain(({ name, options }) => fc.constantFrom(...options).map(({ value }): [string, string] => [name, value])),
      fc.tuple(fc.constant("find"), fc.string({ maxLength: 20 })),
      fc.tuple(fc.constantFrom("sort", "trial-sort"), fc.constantFrom("rise", "-asr", "f0", "")),
      fc.tuple(fc.constantFrom("page", "trial-page"), fc.nat(99).map(String)),
    ),
    { maxLength: 8 },
  );
  prop.prop([choices])("survives the address of the page", (list) => {
    const view = list.reduce((before, [name, value]) => choose(data, before, name, value), initial);
    expect(parseView(data, `#${formatView(data, view)}`)).toEqual(view);
  });

  prop.prop([fc.string(), fc.string()])("takes nothing that is not on offer", (name, value) => {
    const known = new Set(Object.keys(initial));
    const view = choose(data, initial, name, value);
    expect(Object.keys(view).every((key) => known.has(key))).toBe(true);
    expect(Object.keys(parseView(data, `${name}=${value}`))).toEqual(Object.keys(initial));
  });

  test("refuses wrong values and goes back to the first page for another filter", () => {
    expect(choose(data, initial, "where-0", "7")).toBe(initial);
    expect(choose(data, initial, "__proto__", "x")).toBe(initial);
    expect(choose(data, initial, "page", "-1")).toBe(initial);
    const third = choose(data, initial, "page", "3");
    expect(third.page).toBe("3");
    expect(choose(data, third, "where-0", "1")).toMatchObject({ page: "0", "where-0": "1" });
    expect(choose(data, third, "trial-sort", "asr")).toMatchObject({ page: "3", "trial-sort": "asr" });
    expect(choose(data, third, "shade", "asr")).toMatchObject({ page: "3" });
    expect(formatView(data, initial)).toBe("");
  });

  test("offers filters for what varies only, and starts with the largest rises where there are many", () => {
    expect(
      allControls(data)
        .filter(({ name }) => name.startsWith("where"))
        .map(({ label }) => label),
    ).toEqual(["set", "trigger"]);
    expect(initial.sort).toBe("");
    const many = syntheticSweep({ axes: { alpha: Array.from({ length: 26 }, (_, i) => i) } });
    expect(initialView(sweepData(many)).sort).toBe("-rise");
  });
});

describe("selecting", () => {
  const cells = cellsOf(data);
  test("by value and by words in any order and case", () => {
    const found = (name: string, value: string) =>
      filterCells(data, cells, choose(data, initial, name, value)).map(({ at }) => at);
    expect(found("where-0", "1")).toEqual([
      [1, 0, 0],
      [1, 1, 0],
    ]);
    expect(found("find", "WHITE3 dc-10")).toEqual([[1, 1, 0]]);
    expect(found("find", "nothing")).toEqual([]);
    expect(found("find", " ")).toHaveLength(4);
  });

  test("orders by size in either direction, what is missing last, equals as they were", () => {
    const rows = [3, undefined, 1, 3.5, 1].map((value, i) => ({ value, i }));
    const keys = [{ id: "v", of: ({ value }: (typeof rows)[number]) => value }];
    const order = (by: string) => sortRows(rows, keys, by).map(({ i }) => i);
    expect(order("v")).toEqual([2, 4, 0, 3, 1]);
    expect(order("-v")).toEqual([3, 0, 2, 4, 1]);
    expect(order("other")).toEqual([0, 1, 2, 3, 4]);
  });

  test("shows pages of bounded length, the last one where there are not so many", () => {
    const rows = Array.from({ length: 53 }, (_, i) => i);
    expect(pageOf(rows, 1, 25)).toMatchObject({ page: 1, pages: 3, total: 53 });
    expect(pageOf(rows, 9, 25).rows).toEqual([50, 51, 52]);
    expect(pageOf([], 3, 25)).toEqual({ rows: [], page: 0, pages: 1, total: 0 });
  });
});
