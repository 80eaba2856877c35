import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Format } from "../../src/formats/Format.ts";
import * as formats from "../../src/formats/formats.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { fuzzReader, judge } from "./fuzzReader.ts";

const folder = fileURLToPath(new URL("./finds", import.meta.url));
const finds = existsSync(folder) ? readdirSync(folder) : [];

describe("what fuzzing once found stays repaired", () => {
  it("the folder of finds can be read", () => {
    expect(finds.filter((name) => !existsSync(join(folder, name, "find.json")))).toEqual([]);
  });
  it.each(finds.map((name) => [name]))("%s", async (name) => {
    const { format, names, ...kept } = JSON.parse(readFileSync(join(folder, name, "find.json"), "utf8"));
    const files = new Map<string, Uint8Array>(
      names.map((n: { path: string; file: string }) => [
        n.path,
        new Uint8Array(readFileSync(join(folder, name, n.file))),
      ]),
    );
    const [first] = files;
    const source = kept.folder ? memoryFolder(files) : memorySource(first[1], first[0]);
    const reader = (formats as Record<string, Format>)[format];
    expect((await judge(format, reader, source, kept.options)).find?.what).toBeUndefined();
  });
});

describe("a short fuzz of each reader: a set or a DataError, nothing else", () => {
  it.each(Object.keys(formats).map((name) => [name]))("%s", async (name) => {
    const { finds, runs } = await fuzzReader(name, "test", { runs: 300, seconds: 20 });
    expect(finds.map(({ what }) => what)).toEqual([]);
    expect(runs).toBeGreaterThan(0);
  });
});
