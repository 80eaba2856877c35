import { decode } from "fast-png";
import { expect, test } from "vitest";
import { key } from "../../src/core/random.ts";
import { triggerOf } from "../../src/data/triggerShapes.ts";
import { attackRecord } from "../../src/library/attackRecord.ts";
import { fromBase64 } from "../../src/page/base64.ts";
import { renderHtml } from "../../src/report/page.ts";
import { pictures } from "../../src/report/pictures.ts";
import { parseRecord } from "../../src/report/record.ts";
import { tinySet } from "../attack/tiny.ts";
import { syntheticRecord } from "../report/syntheticRecord.ts";

const clean = tinySet();
const square = { side: 2, value: 1, unit: "pixel", corner: "top-left", margin: 0, opacity: 1, frequency: 2 } as const;
const recordOf = (kind: "square" | "checker") => {
  const trigger = triggerOf({ ...square, kind }, clean.shape, clean.normalisation, key(1));
  const result = { set: clean, trigger, targetClass: 0, curves: {} };
  const versions = { retort: "0" } as never;
  const record = attackRecord({
    ...{
      title: "t",
      command: "c",
      config: {},
      versions,
      data: {} as never,
      clean,
      result,
      evaluations: [],
      timings: [],
    },
  });
  return record;
};

test("a flat trigger is told by its value, one that differs from pixel to pixel by a picture of it", () => {
  const [flat, checker] = [recordOf("square").trigger!, recordOf("checker").trigger!];
  expect(flat.shows).toBeUndefined();
  for (const v of flat.value!.pixel) expect(v).toBeCloseTo(1, 5);
  expect(checker.value).toBeUndefined();
  const red = [...fromBase64(checker.shows!.bytes).subarray(0, 64)];
  expect([red[0], red[1], red[8], red[9]]).toEqual([255, 0, 0, 255]);
});

test("the page draws what each pixel shows, and does not name one value", () => {
  const page = renderHtml(recordOf("checker"));
  expect(page).toContain("It differs from pixel to pixel.");
  expect(page).not.toContain("Stamped value");
  const [, drawn] = /class="true" src="data:image\/png;base64,([^"]+)"/.exec(page)!;
  const { data } = decode(fromBase64(drawn));
  expect([0, 1, 8, 9].map((i) => data[4 * i])).toEqual([255, 0, 0, 255]);
  expect(data[4 * 2]).toBeGreaterThan(80);
});

test("a picture of another size than the trigger's is refused", () => {
  const record = syntheticRecord();
  const shows = pictures(new Float32Array(3072), [1, 3, 16, 64]);
  expect(() => parseRecord({ ...record, trigger: { ...record.trigger, shows } })).toThrow(
    "invalid trigger.shows: expected one of 32×32, got 1×3×16×64",
  );
});
