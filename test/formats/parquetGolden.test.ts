import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";

const golden: { files: Record<string, string> } = JSON.parse(
  readFileSync(new URL("./golden/parquet.json", import.meta.url), "utf8"),
);
const open = (name: string) => openSet(memorySource(new Uint8Array(Buffer.from(golden.files[name], "base64")), name));
const refused: Record<string, RegExp> = {
  "duck-zstd": /unknown compression: expected none, snappy or gzip, got zstd/,
  "duck-v2": /unknown encoding of column image.bytes: expected plain or dictionary, got 6/,
};

describe("Parquet as Apache Arrow and DuckDB write it (golden/parquet.json says how)", () => {
  const readable = Object.keys(golden.files).filter((name) => !(name in refused));

  it.each(readable)("%s gives the pixels and labels that went in", async (name) => {
    const { format, set } = await open(name);
    expect(format).toBe("parquet");
    expect(set).toEqual({
      kind: "labelled",
      name: expect.any(String),
      shape: [8, 1, 4, 4],
      classes: 2,
      pixels: Uint8Array.from({ length: 8 * 16 }, (_, i) => (37 * (i >> 4) + 11 * (i & 15)) & 255),
      labels: Int32Array.from({ length: 8 }, (_, i) => i % 2),
    });
  });

  it.each(Object.entries(refused))("%s is refused by name", async (name, message) => {
    await expect(open(name)).rejects.toThrow(message);
  });
});
