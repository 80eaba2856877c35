import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Dataset } from "../../../src/disk/Dataset.ts";
import { damagedFiles } from "../../../src/disk/getDataset.ts";
import { writeKept } from "../../../src/disk/kept/keptFile.ts";
import { faults, inject } from "./faults.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "retort-data-"));
  for (const name of ["a.bin", "b.bin"]) writeFileSync(join(folder, name), name.repeat(100));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (name: string) => createHash("sha256").update(name.repeat(100)).digest("hex");
const dataset = (unpack?: readonly string[]): Dataset => ({
  title: "t",
  homepage: "h",
  files: ["a.bin", "b.bin"].map((name) => ({
    name,
    urls: [],
    digest: { algorithm: "sha256" as const, value: sha256(name) },
  })),
  ...(unpack && { unpack }),
});

it.each(faults)("downloaded and unpacked files, %s: named", async (fault) => {
  const sizes = Object.fromEntries(["a.bin", "b.bin"].map((name) => [name, { size: 500, sha256: sha256(name) }]));
  await writeKept(join(folder, "unpacked.json"), JSON.stringify(sizes), "unpacked.json");
  for (const set of [dataset(), dataset([".bin"])]) expect(await damagedFiles(folder, set)).toEqual([]);
  inject(join(folder, "a.bin"), fault, join(folder, "b.bin"));
  for (const set of [dataset(), dataset([".bin"])])
    expect(await damagedFiles(folder, set)).toEqual([join(folder, "a.bin")]);
});

it("files of a version that noted sizes only are taken at their size", async () => {
  writeFileSync(join(folder, "unpacked.json"), JSON.stringify({ "a.bin": 500, "b.bin": 499 }));
  expect(await damagedFiles(folder, dataset([".bin"]))).toEqual([join(folder, "b.bin")]);
});
