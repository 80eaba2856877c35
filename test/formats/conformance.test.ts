import { describe, expect, it } from "vitest";
import type { Format } from "../../src/formats/Format.ts";
import * as formats from "../../src/formats/formats.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { openSet, recognise } from "../../src/formats/open.ts";
import { seedsOf } from "../fuzz/seeds.ts";
import { smallSet } from "./arbitrarySet.ts";

const pixels = Float32Array.from({ length: 4 * 3 * 8 * 8 }, (_, i) => ((i * 53) % 97) / 96);
const set = smallSet({ normalisation: { kind: "unit" }, shape: [4, 3, 8, 8], images: pixels });

describe.each(Object.entries<Format>(formats))("%s", (name, format) => {
  it("says what it is and where its layout comes from", () => {
    expect(format.title.length).toBeGreaterThan(3);
    expect(format.source.length).toBeGreaterThan(3);
  });

  it("is the surest about its own files", async () => {
    for (const { bytes, wrap } of await seedsOf(name)) expect((await recognise(wrap(bytes)))?.name).toBe(name);
  });

  it("recognises nothing in an empty or random file", async () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(5000).map((_, i) => (i * i * 7 + 13) & 255)])
      expect(await format.detect(memorySource(bytes))).toBe(0);
    expect(await format.detect(memoryFolder(new Map()))).toBe(0);
  });

  if (format.write)
    it("what it writes opens by itself: the same classes of the same number of images", async () => {
      const written = await format.write?.(set);
      const files = written?.files ?? new Map<string, Uint8Array>();
      const [first] = files;
      const source = files.size === 1 ? memorySource(first[1], first[0]) : memoryFolder(files);
      const opened = await openSet(source);
      expect(opened.format).toBe(name);
      expect(opened.set).toMatchObject({ shape: [4, 3, 8, 8], classes: 2 });
      const labels = opened.set?.kind === "labelled" ? opened.set.labels : opened.set?.labels;
      expect(labels).toEqual(opened.set?.kind === "labelled" ? Int32Array.of(0, 0, 1, 1) : set.labels);
      expect(Array.isArray(written?.losses)).toBe(true);
      expect((await format.write?.(set))?.files).toEqual(files);
    });
});
