import { createHash } from "node:crypto";
import { decode } from "fast-png";
import { expect, test } from "vitest";
import { fromBase64 } from "../../src/page/base64.ts";
import { renderHtml } from "../../src/report/page.ts";
import { differencePictures, pictures, sheet } from "../../src/report/pictures.ts";
import type { RunRecord } from "../../src/report/record.ts";
import { skip } from "../skip.ts";
import { chromium, look } from "./chromium.ts";
import { syntheticRecord } from "./syntheticRecord.ts";

const page = renderHtml(syntheticRecord());

test("the page is a pure function of its record", () => {
  expect(renderHtml(JSON.parse(JSON.stringify(syntheticRecord())) as RunRecord)).toBe(page);
});

test("the page loads nothing, runs nothing, and its policy says so", () => {
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
  const digest = createHash("sha256").update(style).digest("base64");
  expect(page).toContain(`default-src 'none'; img-src data:; style-src 'sha256-${digest}'; base-uri 'none'`);
  expect(page.match(/<style/g)?.length).toBe(1);
  expect(page).not.toMatch(/<script|<link|<iframe|<form|\son\w+=|\sstyle=|javascript:|url\((?!#)|@import/i);
  for (const [, source] of page.matchAll(/\s(?:src|href|xlink:href)="([^"]*)"/g))
    expect(source).toMatch(/^data:image\/png;base64,/);
});

test("it shows every part of the record", () => {
  for (const part of [
    "The attack had a weak effect",
    "Clean set.",
    "Tampered set.",
    "Amplified 4 times",
    "Archetypes",
    "out of gamut",
    "true scale",
    "Triggered test images called the target class",
    "Accuracy on clean test images",
    "Hybrid loss of the attack",
    "trigger.value",
    "3b3b3b",
    "onnxruntime",
    "Archetype-ASR",
    "23.3 dB",
  ])
    expect(page, part).toContain(part);
});

test("hostile names stay text", () => {
  const record = syntheticRecord();
  const evil = `"><img src=x onerror=alert(1)>'&</style><script>`;
  record.set.classNames = record.set.classNames?.map(() => evil);
  const results = record.results.map((result) => ({ ...result, network: evil }));
  const curves = record.curves.map((curve) => ({
    ...curve,
    title: evil,
    x: evil,
    y: evil,
    series: [{ name: evil, points: [[0, 1] as [number, number]] }],
  }));
  const hostile = renderHtml({
    ...record,
    title: evil,
    command: evil,
    created: evil,
    results,
    curves,
    config: { [evil]: evil, list: [evil] },
    versions: { retort: evil, [evil]: evil },
    data: { [evil]: { name: evil, sha256: evil } },
    attack: { method: evil, title: evil, source: evil, access: evil },
    timings: [{ name: evil, seconds: 1 }],
    set: { ...record.set, name: evil, normalisation: evil },
  });
  expect(hostile).not.toMatch(/<script|<img src=x|onerror=alert\(1\)>/);
  expect(hostile.match(/<\/style>/g)?.length).toBe(1);
  const tags = (text: string) => [...text.matchAll(/<(?!!doctype)\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag);
  expect([...new Set(tags(hostile))].sort()).toEqual([...new Set(tags(page))].sort());
});

test("a record of a plain evaluation has a page too", () => {
  const { title, command, config, versions, data, set, results, format } = syntheticRecord();
  const { clean, name, classes, labels, normalisation } = set;
  const bare = renderHtml({
    format,
    title,
    command,
    config,
    versions,
    data,
    set: { clean, name, classes, labels, normalisation },
    results: results.filter((r) => r.set === "clean").map(({ asr: _, ra: __, ...rest }) => rest),
    curves: [],
    timings: [],
  });
  expect(bare).toContain("No attack was judged");
  expect(bare).not.toMatch(/undefined|NaN|Infinity/);
  expect(page).not.toMatch(/undefined|NaN|Infinity/);
});

test("of a trigger that moves one class it says which images count, and shows no stamp", () => {
  const record = syntheticRecord();
  const { value: _, ...moving } = record.trigger!;
  const moved = renderHtml({ ...record, trigger: { ...moving, sourceClass: 3 } });
  const name = `“${record.set.classNames?.[3]}”`;
  for (const part of [
    `Of test images of ${name} alone, `,
    `success on test images of ${name} alone, the class that the trigger moves`,
    `Images of ${name} alone are counted: the trigger moves no others.`,
    `It differs from image to image. It moves images of ${name}. Leads to`,
    "Test images without and with the trigger.",
  ])
    expect(moved, part).toContain(part);
  expect(moved).not.toMatch(/true scale|Images of the target class are left out|undefined|NaN/);
});

test("sheets hold the pictures pixel by pixel", () => {
  const pixels = Float32Array.from([0, 1, 0.5, -3, 0.2, 0.2, 9, 1]);
  const two = pictures(pixels, [2, 1, 2, 2]);
  expect([...fromBase64(two.bytes)]).toEqual([0, 255, 128, 0, 51, 51, 255, 255]);
  const { uri, width, height } = sheet(two, [1, 0], 2);
  const png = decode(fromBase64(uri.split(",")[1]));
  expect([width, height, png.width, png.height]).toEqual([6, 2, 6, 2]);
  const grey = Array.from({ length: 12 }, (_, i) => (png.data[4 * i + 3] === 0 ? -1 : png.data[4 * i]));
  expect(grey).toEqual([51, 51, -1, -1, 0, 255, 255, 255, -1, -1, 128, 0]);
});

test("a difference is grey where nothing changed and amplified to be seen", () => {
  const clean = new Float32Array(400).fill(0.5);
  const tampered = clean.map((v, i) => (i < 200 ? v : v + 0.03));
  const { amplification, pictures: shown } = differencePictures(clean, tampered, [1, 1, 20, 20]);
  expect(amplification).toBe(32);
  const bytes = fromBase64(shown.bytes);
  expect([bytes[0], bytes[399]]).toEqual([128, 250]);
  expect(differencePictures(clean, clean, [1, 1, 20, 20]).amplification).toBe(1);
});

test.skipIf(skip(!chromium, "no Chromium"))("a browser finds nothing against the policy and shows the pictures", () => {
  const { dom, messages } = look(page);
  expect(dom).toContain("The attack had a weak effect");
  expect(messages).toEqual([]);
});
