import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { diffSets } from "../../src/audit/diff/diffSets.ts";
import { key, normal } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { fromPixels } from "../../src/data/normalise.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { run } from "../cli/publisher.ts";

const cifar = knownNormalisations["cifar-10"];
const shape = [8, 3, 8, 8] as const;
const size = 3 * 64;
/** Pixels as distillation leaves them: a few per cent beyond black and white. */
const pixels = normal(key("diff space"), 8 * size, 0.5, 0.25);
const set = (images: Float32Array<ArrayBuffer>, more: Partial<DistilledSet> = {}): DistilledSet => ({
  kind: "distilled",
  name: "set",
  images,
  shape,
  labels: { kind: "hard", classes: Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3) },
  classes: 4,
  normalisation: { kind: "unit" },
  metadata: {},
  ...more,
});
const clipped = pixels.map((x) => Math.min(1, Math.max(0, x)));
const stored = fromPixels(pixels, shape, cifar);
const found = (a: DistilledSet, b: DistilledSet) => diffSets(a, b).difference;

describe("a conversion that only writes the normalisation down", () => {
  test.each([
    [
      "second",
      "unknown",
      "cifar-10",
      set(stored, { normalisation: { kind: "unknown" } }),
      set(stored, { normalisation: cifar }),
    ],
    [
      "first",
      "cifar-10",
      "unknown",
      set(stored, { normalisation: cifar }),
      set(stored, { normalisation: { kind: "unknown" } }),
    ],
  ])("is no rescaling: only the %s says it", (who, _, __, a, b) => {
    expect(found(a, b)).toMatchObject({
      verdict: "same tensors",
      suspicious: false,
      reason: `every stored value is equal; only the ${who} says its normalisation (cifar-10)`,
    });
    expect(found(a, b).normalisation).toBe(undefined);
  });

  test("of whitened, of grey and of unit pixels alike", () => {
    for (const normalisation of [{ kind: "unit" }, { kind: "meanStd", mean: [0.1, 0.2, 0.3], std: [1, 2, 3] }] as const)
      expect(found(set(stored, { normalisation: { kind: "unknown" } }), set(stored, { normalisation }))).toMatchObject({
        verdict: "same tensors",
        suspicious: false,
      });
  });

  test("and clips is cut off, not rescaled", () => {
    const unknown = { normalisation: { kind: "unknown" } } as const;
    const second = set(fromPixels(clipped, shape, cifar), { normalisation: cifar });
    const difference = found(set(stored, unknown), second);
    expect(difference).toMatchObject({ verdict: "re-encoding", suspicious: false });
    expect(difference.reason).not.toContain("rescaled");
    expect(found(second, set(stored, unknown)).reason).toMatch(/^in 8 images the copy holds more than a picture can/);
  });

  test("does not hide an edit beside it", () => {
    const edited = stored.map((x, i) => (i % size < 20 ? 3 : x));
    const difference = found(
      set(stored, { normalisation: { kind: "unknown" } }),
      set(edited, { normalisation: cifar }),
    );
    expect(difference).toMatchObject({ verdict: "editing", suspicious: true });
    expect(difference.images.filter(({ kind }) => kind === "edited")).toHaveLength(8);
  });

  test("is told from one that contradicts, and from one that rescales", () => {
    const imagenet = knownNormalisations.imagenet;
    expect(found(set(stored, { normalisation: cifar }), set(stored, { normalisation: imagenet }))).toMatchObject({
      verdict: "normalisation",
      reason:
        "every stored value is equal; of the same stored values the first says the normalisation cifar-10, the second imagenet",
    });
    const rescaled = found(
      set(pixels, { normalisation: { kind: "unknown" } }),
      set(stored, { normalisation: { kind: "unknown" } }),
    );
    expect(rescaled).toMatchObject({ verdict: "normalisation", suspicious: false });
    expect(rescaled.reason).toContain("rescaled");
  });
});

describe("a clipped copy on the trusted side", () => {
  const bytes = clipped.map((x) => Math.round(255 * x) / 255);
  test.each([
    ["floats", clipped],
    ["8 bits, as PNG holds it", bytes],
  ])("of %s: the copy holds more than a picture can, and is not called edited", (_, first) => {
    const difference = found(set(first), set(pixels));
    expect(difference).toMatchObject({ verdict: "wider range", suspicious: true });
    expect(difference.reason).toContain(
      "the copy holds more than a picture can: values beyond black and white, where the first is cut off",
    );
    expect(difference.images.map(({ kind }) => kind)).not.toContain("edited");
    expect(difference.reason).not.toContain("altered");
    // The usual way round it is storage.
    expect(found(set(pixels), set(first))).toMatchObject({ verdict: "re-encoding", suspicious: false });
  });

  const half = { kind: "meanStd", mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
  test.each([
    ["floats of cifar-10", clipped, cifar, "cifar-10"],
    ["8 bits of cifar-10", bytes, cifar, "cifar-10"],
    ["floats of imagenet", clipped, knownNormalisations.imagenet, "imagenet"],
    ["8 bits around zero", bytes, half, "0.5/0.5"],
  ])("and %s, though no file says its normalisation: as well", (_, pixelsOfFirst, normalisation, name) => {
    const unsaid = (x: Float32Array<ArrayBuffer>) =>
      set(fromPixels(x, shape, normalisation), { normalisation: { kind: "unknown" } });
    const [first, original] = [unsaid(pixelsOfFirst), unsaid(pixels)];
    const said = `neither says its normalisation, and the first is cut off where black and white of ${name} are`;
    const difference = found(first, original);
    expect(difference).toMatchObject({ verdict: "wider range", suspicious: true });
    expect(difference.reason).toMatch(/^in 8 images the copy holds more than a picture can/);
    expect(difference.reason).toContain(said);
    expect(difference.images.map(({ kind }) => kind)).not.toContain("edited");
    expect(found(original, first)).toMatchObject({ verdict: "re-encoding", suspicious: false });
    // One image that was edited is the only one that is called so.
    const patched = pixels.map((x, i) => (i < 12 ? 1 - x : x));
    expect(found(first, unsaid(patched)).images.filter(({ kind }) => kind === "edited")).toHaveLength(1);
    const rounded = found(unsaid(clipped), unsaid(bytes));
    expect(rounded).toMatchObject({ verdict: "re-encoding", suspicious: false });
  });

  test("with an edit where nothing was cut off is edited", () => {
    const patched = pixels.map((x, i) => (i % size < 12 ? 10 : x));
    expect(found(set(clipped), set(patched))).toMatchObject({ verdict: "editing", suspicious: true });
  });

  test("that was only rounded makes a finer copy of the other, unless it is finer in a few values only", () => {
    const inside = clipped.map((x) => 0.1 + 0.8 * x);
    const rounded = inside.map((x) => Math.round(255 * x) / 255);
    expect(found(set(rounded), set(inside))).toMatchObject({
      suspicious: false,
      reason: expect.stringContaining("are finer in the copy: the first is rounded"),
    });
    const few = rounded.map((x, i) => (i % size === 5 ? x + 0.3 / 255 : x));
    expect(found(set(rounded), set(few))).toMatchObject({ verdict: "editing", suspicious: true });
  });
});

describe("retort diff", () => {
  const folder = mkdtempSync(join(tmpdir(), "retort-diff-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("names both sets by the paths that were given", async () => {
    const [a, b] = [join(folder, "mine.safetensors"), join(folder, "received.safetensors")];
    writeFileSync(a, setToSafetensors(set(clipped, { name: "same" })));
    writeFileSync(b, setToSafetensors(set(clipped, { name: "same", metadata: { tampered: true } })));
    const page = join(folder, "diff.html");
    const { stdout } = await run("diff", a, b, "--html", page);
    expect(stdout).toContain(`${a} → ${b}\n`);
    expect(stdout).toContain(`warning: ${b} says of itself that it was backdoored`);
    expect(stdout).not.toContain(`warning: ${a}`);
    const json = JSON.parse((await run("diff", a, b, "--json")).stdout);
    expect([json.before.name, json.after.name]).toEqual([a, b]);
  });
});
