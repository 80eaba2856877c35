import { describe, expect, it } from "vitest";
import { contactSheet, shrinkSheet } from "../../../src/audit/inspect/contactSheet.ts";
import { findDuplicates, findNearDuplicates } from "../../../src/audit/inspect/duplicates.ts";
import { inspect } from "../../../src/audit/inspect/inspect.ts";
import { inspectSet } from "../../../src/audit/inspect/inspectSet.ts";
import { UsageError } from "../../../src/core/errors.ts";
import type { DistilledSet } from "../../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../../src/data/Normalisation.ts";
import { fromPixels } from "../../../src/data/normalise.ts";
import { memoryFolder, memorySource } from "../../../src/formats/memorySource.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import * as p from "../../formats/hostile/pickles.ts";
import { torchFile } from "../../formats/hostile/zips.ts";
import { eightBitSet, greyPng } from "../../formats/pictureFixtures.ts";

const rules = (set: DistilledSet) => inspectSet(set).findings.map(({ rule }) => rule);
const size = 3 * 64;

describe("inspectSet", () => {
  it("classes, IPC, order, label kind", () => {
    expect(inspectSet(eightBitSet()).report).toMatchObject({
      ipc: 2,
      perClass: [2, 2, 2],
      order: "class-major",
      labelKind: "hard",
    });
    const interleaved = inspectSet(
      eightBitSet({ labels: { kind: "hard", classes: Int32Array.of(0, 1, 2, 0, 1, 2) } }),
    ).report;
    expect(interleaved.order).toBe("interleaved");
    const values = new Float32Array(18).fill(0.05);
    for (let i = 0; i < 6; i++) values[i * 3 + (i < 2 ? 0 : 2)] = 0.9;
    const soft = inspectSet(eightBitSet({ labels: { kind: "soft", form: "probabilities", values } }));
    expect(soft.report).toMatchObject({ labelKind: "probabilities", perClass: [2, 0, 4] });
    expect(soft.report.softPeak).toBeCloseTo(0.9);
    expect(soft.findings.map(({ rule }) => rule)).toContain("empty-classes");
  });

  it("a label that makes millions of classes is described, not drowned in", () => {
    const classes = Int32Array.of(0, 0, 1, 1, 2, 2 ** 24 - 1);
    const { report, findings } = inspectSet(eightBitSet({ labels: { kind: "hard", classes }, classes: 2 ** 24 }));
    expect([report.perClass, report.ipc]).toEqual([[], undefined]);
    expect(findings.map(({ rule }) => rule)).toContain("implausible-classes");
  });

  it("NaN and infinities", () => {
    const images = eightBitSet().images.map((x, i) => (i === 3 ? Number.NaN : i === 9 ? Number.POSITIVE_INFINITY : x));
    const { report, findings } = inspectSet(eightBitSet({ images }));
    expect([report.statistics.nan, report.statistics.infinite]).toEqual([1, 1]);
    expect(findings.map(({ rule }) => rule)).toContain("not-finite");
  });

  it("the same picture twice: a note within a class, a warning across classes", () => {
    const images = eightBitSet().images.slice();
    images.copyWithin(size, 0, size);
    expect(rules(eightBitSet({ images }))).toContain("duplicates");
    images.copyWithin(5 * size, 0, size);
    expect(rules(eightBitSet({ images }))).toContain("contradictory-labels");
  });

  it("a stamped copy under another label is a near-duplicate", () => {
    const base = Float32Array.from({ length: size }, (_, i) => (Math.floor(i / 8) % 8) / 8 + ((i * 7) % 5) / 40);
    const images = eightBitSet().images.slice();
    images.set(base, 0);
    images.set(
      base.map((x, i) => (i % 64 === 63 ? 1 : x)),
      4 * size,
    );
    const { report, findings } = inspectSet(eightBitSet({ images }));
    expect(report.nearDuplicates[0]).toMatchObject({ images: [0, 4], classes: [0, 2] });
    expect(findings.find(({ rule }) => rule === "near-duplicates")?.severity).toBe("warning");
    expect(rules(eightBitSet())).not.toContain("near-duplicates");
  });

  it("a stated normalisation that the numbers contradict", () => {
    const clean = eightBitSet();
    const images = fromPixels(clean.images, clean.shape, knownNormalisations["cifar-10"]);
    const claimed = eightBitSet({ images, normalisation: knownNormalisations.svhn });
    expect(rules(claimed)).toContain("normalisation-doubtful");
    expect(rules({ ...claimed, normalisation: knownNormalisations["cifar-10"] })).not.toContain(
      "normalisation-doubtful",
    );
    expect(rules({ ...claimed, normalisation: { kind: "unknown" } })).toContain("normalisation-unknown");
  });
});

describe("duplicates", () => {
  it("groups equal bytes only", () => {
    const values = Uint8Array.of(1, 2, 1, 2, 1, 3);
    expect(findDuplicates(values, [3, 1, 1, 2], Int32Array.of(0, 1, 1))).toEqual([
      { images: [0, 1], contradictory: true },
    ]);
  });
  it("large sets are sampled, and constant images resemble nothing", () => {
    const found = findNearDuplicates(
      new Uint8Array(9000 * 4),
      [9000, 1, 2, 2],
      Int32Array.from({ length: 9000 }, (_, i) => i % 2),
    );
    expect(found.compared).toBe(1800);
    expect(found.pairs).toEqual([]);
  });
});

describe("inspect", () => {
  it("a set", async () => {
    const { inspection, set } = await inspect(
      memorySource(setToSafetensors(eightBitSet({ normalisation: { kind: "unknown" } }))),
    );
    expect(inspection).toMatchObject({ format: "safetensors", verdict: "fine" });
    expect(inspection.set?.guesses[0].name).toBe("unit");
    expect(set?.shape).toEqual([6, 3, 8, 8]);
    expect(JSON.parse(JSON.stringify(inspection)).set.shape).toEqual([6, 3, 8, 8]);
  });

  it("a file that would run code is dangerous, and its globals are named", async () => {
    const { inspection, set } = await inspect(
      memorySource(torchFile(p.pickle(p.reduce(p.global("os", "system"), p.text("id"))))),
    );
    expect(set).toBeUndefined();
    expect(inspection).toMatchObject({ verdict: "dangerous", format: "torch" });
    expect(inspection.globals).toContain("os.system");
    expect(inspection.findings[0].severity).toBe("dangerous");
  });

  it("a file that breaks its format is unsafe, with the place", async () => {
    const broken = setToSafetensors(eightBitSet()).subarray(0, 2000);
    const { inspection } = await inspect(memorySource(broken));
    expect(inspection).toMatchObject({ verdict: "unsafe", format: "safetensors" });
    expect(inspection.findings[0]).toMatchObject({ severity: "unsafe", rule: "unreadable" });
  });

  it("pictures without labels are described", async () => {
    const files = new Map([
      ["a.png", greyPng(4, 1)],
      ["b.png", greyPng(4, 2)],
    ]);
    const { inspection } = await inspect(memoryFolder(files));
    expect(inspection).toMatchObject({ verdict: "fine", format: "imageFolder" });
    expect(inspection.set).toBeUndefined();
  });

  it("a mistake of the caller is thrown", async () => {
    await expect(inspect(memorySource(greyPng(4, 1)), { format: "nonsense" })).rejects.toThrow(UsageError);
  });
});

describe("contact sheet", () => {
  it("a row per class, enlarged by whole factors, in the set's colours", () => {
    const set = eightBitSet();
    const sheet = contactSheet(set, { kind: "unit" });
    expect([sheet.rows, sheet.columns, sheet.tile]).toEqual([3, 2, 64]);
    expect([sheet.width, sheet.height]).toEqual([2 + 2 * 66, 2 + 3 * 66]);
    const at = (c: number, y: number, x: number) => sheet.planes[(c * sheet.height + y) * sheet.width + x];
    // Image 3 is the second of class 1: its first pixel fills 8 × 8 pixels from (68, 68).
    for (const c of [0, 1, 2]) expect(at(c, 68, 68)).toBe(Math.round(255 * set.images[3 * size + c * 64]));
    expect(at(0, 75, 75)).toBe(at(0, 68, 68));
    expect(at(0, 0, 0)).toBe(96);
  });

  it("classes of one image stand five in a row", () => {
    const [n, one] = [12, 3 * 64];
    const set = eightBitSet({
      images: Float32Array.from({ length: n * one }, (_, i) => Math.floor(i / one) / 255),
      shape: [n, 3, 8, 8],
      // In no order, and class 3 has none.
      labels: { kind: "hard", classes: Int32Array.of(12, 11, 10, 9, 8, 7, 6, 5, 4, 2, 1, 0) },
      classes: 13,
    });
    const sheet = contactSheet(set, { kind: "unit" });
    expect([sheet.rows, sheet.columns]).toEqual([3, 5]);
    expect(sheet.caption).toBe("12 of 13 classes, one image each; values outside [0, 1] clipped");
    const at = (row: number, column: number) => sheet.planes[(2 + row * 66) * sheet.width + 2 + column * 66];
    expect([at(0, 0), at(0, 3), at(0, 4), at(1, 0), at(1, 4), at(2, 2)]).toEqual([11, 8, 96, 7, 3, 0]);
  });

  it("without a normalisation images are stretched, and broken numbers are black", () => {
    const images = eightBitSet().images.map((x, i) => (i === 0 ? Number.NaN : 100 * x - 7));
    const sheet = contactSheet(eightBitSet({ images, normalisation: { kind: "zca" } }));
    expect(sheet.caption).toMatch(/stretched/);
    expect(sheet.planes[2 * sheet.width + 2]).toBe(0);
    expect(Math.max(...sheet.planes)).toBe(255);
  });

  it("large images are reduced: a sheet is never larger than 2602 pixels a side", () => {
    const side = 1024;
    const images = Float32Array.from({ length: 3 * side * side }, (_, i) => (i % side) / side);
    const set = eightBitSet({
      images,
      shape: [1, 3, side, side],
      labels: { kind: "hard", classes: Int32Array.of(0) },
      classes: 1,
    });
    const sheet = contactSheet(set, { kind: "unit" });
    expect([sheet.width, sheet.tile]).toEqual([132, 128]);
    expect(sheet.planes[2 * sheet.width + 2 + 64]).toBe(Math.round((255 * 512) / side));
  });

  it("shrinks to a width by averaging", () => {
    const small = shrinkSheet(contactSheet(eightBitSet(), { kind: "unit" }), 40);
    expect([small.width, small.height, small.planes.length]).toEqual([40, 59, 3 * 40 * 59]);
  });
});
