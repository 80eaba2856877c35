import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { rawData } from "../../src/disk/rawData.ts";
import { setDigest } from "../../src/disk/setDigest.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-data-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** IDX files of n 2×2 images whose bytes are all `value`, labels 0, 1, 0, … */
async function writeIdx(prefix: string, n: number, value: number): Promise<void> {
  const header = (type: number, ...sizes: number[]) => [0, 0, 8, type, ...sizes.flatMap((s) => [0, 0, 0, s])];
  const images = Uint8Array.from([...header(3, n, 2, 2), ...Array(4 * n).fill(value)]);
  const labels = Uint8Array.from([...header(1, n), ...Array.from({ length: n }, (_, i) => i % 2)]);
  await writeFile(join(folder, `${prefix}-images-idx3-ubyte`), images);
  await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), labels);
}

it("strokes is made on the spot, as large as asked for", async () => {
  const data = rawData("strokes", "test", { strokes: { train: 20, test: 10 } });
  expect((await data.split("train")).shape).toEqual([20, 3, 32, 32]);
  expect((await data.split("test")).shape).toEqual([10, 3, 32, 32]);
  expect(await data.split("test")).toBe(await data.split("test"));
  expect(await data.normalisation()).toEqual(knownNormalisations.strokes);
});

it("strokes is what its pinned digests say", { timeout: 60_000 }, async () => {
  const data = rawData("strokes", "test");
  for (const split of ["train", "test"] as const)
    expect(await data.digest(split)).toBe(setDigest(await data.split(split)));
  const few = await data.split("test", 7);
  expect(few.shape[0]).toBe(7);
  expect(await data.digest("test", 7)).toBe(setDigest(few));
  expect(few.pixels).toEqual((await data.split("test")).pixels.subarray(0, few.pixels.length));
  expect((await data.split("test", 1e9)).shape[0]).toBe(2_000);
});

it("a path gives both halves and a measured normalisation", async () => {
  await writeIdx("train", 4, 51);
  await writeIdx("t10k", 2, 255);
  const data = rawData(folder, "test");
  expect(await data.split("train")).toMatchObject({ shape: [4, 1, 2, 2], classes: 2 });
  expect((await data.split("test")).pixels[0]).toBe(255);
  expect((await data.split("train", 3)).shape[0]).toBe(3);
  expect(await data.digest("train", 3)).toBe(setDigest(await data.split("train", 3)));
  expect(await data.normalisation()).toMatchObject({ kind: "meanStd", mean: [0.2], std: [1] });
  expect(await rawData(folder, "test", { normalisation: "mnist" }).normalisation()).toBe(knownNormalisations.mnist);
});

it("a known name lies in the data folder; the environment says where that is", async () => {
  vi.stubEnv("RETORT_DATA", join(folder, "none"));
  expect(() => rawData("mnist", "test")).toThrow(
    /^test: missing data: expected mnist in the data folder, got nothing at .*none/,
  );
  expect(() => rawData("minst", "test")).toThrow(
    /expected strokes, .*mnist, .* or a path, got "minst"; did you mean mnist\?$/,
  );
});

it("a file that is no raw set is refused", async () => {
  const path = join(folder, "text.bin");
  await writeFile(path, "not a set");
  await expect(rawData(path, "test").split("train")).rejects.toThrow("unknown content");
});
