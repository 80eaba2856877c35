import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { Refusal } from "../../src/formats/Refusal.ts";
import { npyCases, safetensorsCases } from "./hostile/arrayCases.ts";
import type { HostileCase } from "./hostile/HostileCase.ts";
import { pickleCases } from "./hostile/pickleCases.ts";
import * as p from "./hostile/pickles.ts";
import { legacyFile, tensorCases } from "./hostile/tensorCases.ts";
import { zipCases } from "./hostile/zipCases.ts";
import { torchFile } from "./hostile/zips.ts";

const groups: Record<string, readonly HostileCase[]> = {
  pickle: pickleCases,
  tensor: tensorCases,
  zip: zipCases,
  npy: npyCases,
  safetensors: safetensorsCases,
};
/** No case needs more than a few kilobytes; a reader that believed a declared size would go over this. */
const maxBytes = 2 ** 24;

async function refusalOf(bytes: Uint8Array): Promise<DataError> {
  const outcome = await openSet(memorySource(bytes), { maxBytes }).catch((error) => error);
  expect(outcome).toBeInstanceOf(DataError);
  return outcome;
}

describe("the builders make files that open, so a refusal is due to the one thing each case changes", () => {
  it("zip form and legacy form", async () => {
    for (const bytes of [torchFile(p.pickle(p.tensor())), legacyFile()]) {
      const { objects } = await openSet(memorySource(bytes), { maxBytes });
      expect(objects).toEqual([{ path: ".", dtype: "float32", shape: [2, 3], min: 0, max: 5 }]);
    }
  });
});

for (const [group, cases] of Object.entries(groups))
  describe(`hostile ${group} files are refused by the right rule`, () => {
    it("names are unique", () => {
      expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    });
    for (const { name, bytes, verdict, rule, says, globals } of cases)
      it(name, async () => {
        const started = performance.now();
        const error = await refusalOf(bytes);
        expect(performance.now() - started).toBeLessThan(2000);
        if (says) expect(error.message).toMatch(says);
        if (verdict === "error") return;
        expect(error).toBeInstanceOf(Refusal);
        const refusal = error as Refusal;
        expect(refusal.dangerous).toBe(verdict === "dangerous");
        if (rule) expect(refusal.findings.map((finding) => finding.rule)).toContain(rule);
        for (const global of globals ?? []) expect(refusal.globals).toContain(global);
      });
  });

describe("a plain pickle is no way around", () => {
  it("the dangerous pickles are as dangerous outside of an archive", async () => {
    const outside = pickleCases.filter(({ verdict }) => verdict === "dangerous");
    for (const { name, bytes, globals } of outside) {
      const start = 30 + "archive/data.pkl".length; // the first entry of the archive
      const size = new DataView(bytes.buffer as ArrayBuffer).getUint32(18, true);
      const refusal = (await refusalOf(bytes.slice(start, start + size))) as Refusal;
      expect(refusal, name).toBeInstanceOf(Refusal);
      expect(refusal.dangerous, name).toBe(true);
      for (const global of globals ?? []) expect(refusal.globals).toContain(global);
    }
  });
});

it("the whole corpus is large enough, and reading it takes little memory", async () => {
  const all = Object.values(groups).flat();
  expect(all.length).toBeGreaterThan(200);
  const before = process.resourceUsage().maxRSS;
  for (const { bytes } of all) await refusalOf(bytes);
  // Kilobytes. The cases declare up to exabytes; the limit of each read is 16 MiB.
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(200_000);
});
