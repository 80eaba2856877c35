import { expect, test } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { renderDistilledPage, saysCompared } from "../../src/report/distilled/distilledPage.ts";
import { type DistilledRecord, parseDistilled } from "../../src/report/distilled/distilledRecord.ts";
import { pictures } from "../../src/report/pictures.ts";

const record: DistilledRecord = {
  format: "retort-distilled/1",
  ...{ title: "Set <1>", command: "retort distill", versions: { retort: "1" }, options: { ipc: 2 } },
  ...{ method: { title: "Matching", source: "arXiv" }, data: { name: "raw", images: 1000, sha256: "ab" } },
  set: {
    images: pictures(new Float32Array(4 * 192).fill(0.5), [4, 3, 8, 8]),
    ...{ classes: 2, classNames: ["a", "<b>"], labels: [0, 0, 1, 1], normalisation: "unit", digest: "cd" },
  },
  ...{ iterations: 20, loss: [[10, 4] as [number, number], [20, 2] as [number, number]] },
  measured: { network: "convNet-8", epochs: 30, testImages: 200, own: [0.4, 0.42, 0.41], random: [0.3, 0.31, 0.29] },
};

test("the page shows the set, its loss, and the accuracy beside that of random real images", () => {
  const page = renderDistilledPage(record);
  for (const text of ["41.0 %", "30.0 %", "Set &lt;1&gt;", "&lt;b&gt;", "3 of convNet-8"]) expect(page).toContain(text);
  expect(page.match(/<img/g)).toHaveLength(2);
  expect(page).not.toContain("<script");
  expect(renderDistilledPage(record)).toBe(page);
});

test("says what receivers reach, paired over their starts", () => {
  const says = (own: number[], random: number[]) =>
    saysCompared({ measured: { network: "n", epochs: 1, testImages: 1, own, random } });
  expect(saysCompared(record)).toContain("+11.0 points, beyond chance");
  expect(says([0.3, 0.5], [0.31, 0.2])).toContain("+14.5 points, not beyond chance");
  expect(says([0.3], [0.2])).toContain("one network each: not judged");
  expect(saysCompared({})).toContain("was not measured");
});

test("a record is checked before it is drawn", () => {
  expect(parseDistilled(JSON.parse(JSON.stringify(record)))).toEqual(record);
  const { set, measured } = record;
  for (const wrong of [
    { ...record, set: { ...set, labels: [0] } },
    { ...record, set: { ...set, images: { ...set.images, bytes: "AAAA" } } },
    { ...record, measured: { ...measured, random: [0.1] } },
    { ...record, measured: { ...measured, own: [1.1, 0.1, 0.2] } },
    { ...record, iterations: -1 },
  ])
    expect(() => parseDistilled(wrong)).toThrow(DataError);
});
