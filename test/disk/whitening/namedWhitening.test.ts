import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DistilledSet } from "../../../src/data/DistilledSet.ts";
import { toPixels } from "../../../src/data/normalise.ts";
import { onDamage } from "../../../src/disk/kept/damage.ts";
import { openDistilled } from "../../../src/disk/openDistilled.ts";
import { setDigest } from "../../../src/disk/setDigest.ts";
import { fittedIn, openedNormalisation } from "../../../src/disk/whitening/namedWhitening.ts";
import { memorySource } from "../../../src/formats/memorySource.ts";
import { openSet } from "../../../src/formats/open.ts";
import { setToSafetensors } from "../../../src/formats/safetensors.ts";
import { cpu } from "../../attack/tiny.ts";
import { det } from "../../golden/det.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-whitening-"));
  vi.stubEnv("RETORT_DATA", folder);
  await writeMnist(1);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Ten IDX images of 4×4. */
async function writeMnist(seed: number): Promise<void> {
  const header = (type: number, ...sizes: number[]) => [0, 0, 8, type, ...sizes.flatMap((s) => [0, 0, 0, s])];
  const bytes = [...det(`whitening/mnist/${seed}`, 160, 127, 128)].map(Math.floor);
  await mkdir(join(folder, "mnist"), { recursive: true });
  await writeFile(
    join(folder, "mnist", "train-images-idx3-ubyte"),
    Uint8Array.from([...header(3, 10, 4, 4), ...bytes]),
  );
  const labels = Array.from({ length: 10 }, (_, i) => i % 2);
  await writeFile(join(folder, "mnist", "train-labels-idx1-ubyte"), Uint8Array.from([...header(1, 10), ...labels]));
}

const told: string[] = [];
beforeEach(() => {
  told.length = 0;
  onDamage((message) => told.push(message));
});

const kept = () => join(folder, "zca-mnist.safetensors");

/** Fit or read, without what this process remembers. */
async function whitening(path = kept()) {
  const [fits, warnings]: [number[], string[]] = [[], []];
  const found = await fittedIn(path, "mnist", "test", {
    device: cpu,
    onProgress: (_, done, total) => fits.push(done / total),
    warn: (message) => warnings.push(message),
  });
  return { ...found, fitted: fits.length > 0, warnings };
}

describe("the kept whitening", () => {
  it("is fitted once and read afterwards", async () => {
    const first = await whitening();
    expect(first).toMatchObject({ fitted: true, warnings: [], fit: { epsilon: 0.1 } });
    const again = await whitening();
    expect(again).toMatchObject({ fitted: false, warnings: [] });
    expect(again.whitening).toEqual(first.whitening);
    expect((await readdir(folder)).sort()).toEqual(["mnist", "zca-mnist.safetensors"]);
  });

  it("is fitted again when the training set is another", async () => {
    const first = await whitening();
    await writeMnist(2);
    const second = await whitening();
    expect(second).toMatchObject({ fitted: true, warnings: [] });
    expect(second.fit.data).not.toBe(first.fit.data);
    expect(second.whitening.matrix).not.toEqual(first.whitening.matrix);
    expect((await whitening()).fitted).toBe(false);
  });

  it.each([
    ["a changed number", (bytes: Uint8Array) => bytes.with(bytes.length - 3, bytes[bytes.length - 3] ^ 1)],
    ["a cut end", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 100)],
    ["nothing", () => new Uint8Array()],
    ["something else", () => new TextEncoder().encode("not a whitening at all")],
  ])("that is damaged (%s) is fitted again", async (_, damage) => {
    const first = await whitening();
    await writeFile(kept(), damage(Uint8Array.from(await readFile(kept()))));
    const again = await whitening();
    expect(again.fitted).toBe(true);
    expect(told).toEqual([
      expect.stringContaining("it was set aside as zca-mnist.safetensors.damaged and is made again"),
    ]);
    expect(again.whitening).toEqual(first.whitening);
    expect(await whitening()).toMatchObject({ fitted: false, warnings: [] });
  });

  it("that cannot be kept is used all the same", async () => {
    // A file stands where the folder would have to be.
    const inTheWay = join(folder, "mnist", "train-labels-idx1-ubyte", "zca-mnist.safetensors");
    const first = await whitening();
    const other = await whitening(inTheWay);
    expect(other).toMatchObject({ fitted: true, whitening: first.whitening });
    expect(other.warnings).toEqual([expect.stringMatching(/^the whitening of mnist cannot be kept/)]);
  });
});

describe("--normalisation", () => {
  it("zca-NAME is the whitening of that dataset, other names are what they were", async () => {
    const found = await openedNormalisation("zca-mnist", "test", { device: cpu });
    expect(found).toMatchObject({ kind: "zca", name: "mnist", fit: { epsilon: 0.1 } });
    expect(await openedNormalisation("zca-mnist", "test", { device: cpu })).toEqual(found);
    expect(await openedNormalisation("unit", "test")).toEqual({ kind: "unit" });
  });

  it("says which names there are, and what to do without the data", async () => {
    await expect(openedNormalisation("zca-minst", "test")).rejects.toThrow(
      /^test: unknown normalisation: expected zca-NAME with NAME one of strokes, mnist, .*got "zca-minst"$/,
    );
    await expect(openedNormalisation("zca-svhn", "test")).rejects.toThrow(/get it with retort data get svhn/);
  });
});

describe("a whitened set in a file", () => {
  async function whitened(): Promise<DistilledSet> {
    return {
      kind: "distilled",
      name: "two",
      images: det("whitening/two", 32),
      shape: [2, 1, 4, 4],
      labels: { kind: "hard", classes: Int32Array.of(0, 1) },
      classes: 2,
      normalisation: await openedNormalisation("zca-mnist", "test", { device: cpu }),
      metadata: {},
    };
  }
  const opened = async (set: DistilledSet, warnings: string[] = []) =>
    (
      await openDistilled(memorySource(setToSafetensors(set), "two.safetensors"), {}, "two.safetensors", "test", {
        device: cpu,
        warn: (message) => warnings.push(message),
      })
    ).set;

  it("names its whitening instead of carrying it, and is found again", async () => {
    const set = await whitened();
    const bytes = setToSafetensors(set);
    expect(new TextDecoder("latin1").decode(bytes)).not.toContain("zca_matrix");
    const alone = (await openSet(memorySource(bytes, "two.safetensors"))).set as DistilledSet;
    expect(alone.normalisation).toEqual({ ...set.normalisation, whitening: undefined });
    expect(alone.normalisation).not.toHaveProperty("whitening");
    const back = await opened(set);
    expect(back.normalisation).toEqual(set.normalisation);
    expect(toPixels(back.images, back.shape, back.normalisation)).toEqual(
      toPixels(set.images, set.shape, set.normalisation),
    );
  });

  it("counts as the same set, whatever the last digits of its matrix", async () => {
    const set = await whitened();
    if (set.normalisation.kind !== "zca" || !set.normalisation.whitening) throw new Error("not whitened");
    const { whitening, fit: of } = set.normalisation;
    const refitted = { ...whitening, matrix: whitening.matrix.map((v) => v * (1 + 1e-6)) };
    const digest = (normalisation: DistilledSet["normalisation"]) => setDigest({ ...set, normalisation });
    expect(digest({ ...set.normalisation, whitening: refitted })).toBe(setDigest(set));
    expect(digest({ kind: "zca", name: "mnist", fit: { ...of!, epsilon: 0.2 } })).not.toBe(setDigest(set));
    expect(digest({ kind: "zca", whitening: refitted })).not.toBe(digest({ kind: "zca", whitening }));
  });

  it.each([
    ["a name that nobody knows", { name: "../../secret" }, "which nobody here knows"],
    ["data that are not there", { name: "svhn" }, "get it with retort data get svhn"],
    ["other data", { fit: { data: "0".repeat(64), epsilon: 0.1 } }, "of another content than in the data folder"],
    ["another ε", { fit: { data: "0".repeat(64), epsilon: 7 } }, "with ε 7"],
  ])("stays without a matrix for %s, and says so", async (_, other, message) => {
    const set = await whitened();
    const { whitening: _known, ...named } = set.normalisation as { whitening?: unknown };
    const warnings: string[] = [];
    const back = await opened(
      { ...set, normalisation: { ...named, ...other } as DistilledSet["normalisation"] },
      warnings,
    );
    expect(back.normalisation).not.toHaveProperty("whitening");
    expect(warnings).toEqual([expect.stringContaining(message)]);
  });

  it("with a fit that is none is refused", async () => {
    const set = await whitened();
    const fit = { data: "../../../etc", epsilon: 0.1 };
    const bytes = setToSafetensors({ ...set, normalisation: { kind: "zca", name: "mnist", fit } });
    await expect(openSet(memorySource(bytes, "two.safetensors"))).rejects.toThrow(
      "expected a fit with the SHA-256 of its data and a positive epsilon",
    );
  });
});
