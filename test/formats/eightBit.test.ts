import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { fromPixels } from "../../src/data/normalise.ts";
import type { Format } from "../../src/formats/Format.ts";
import { imageFolder } from "../../src/formats/imageFolder.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { parquet } from "../../src/formats/parquet.ts";
import { pictureGrid } from "../../src/formats/pictureGrid.ts";
import { eightBitSet } from "./pictureFixtures.ts";

/** Sets whose pixels are exact bytes: what 8-bit forms hold without loss. */
const exactSet: fc.Arbitrary<DistilledSet> = fc
  .record({
    ipc: fc.integer({ min: 1, max: 3 }),
    k: fc.integer({ min: 1, max: 4 }),
    c: fc.constantFrom(1, 3),
    soft: fc.boolean(),
  })
  .chain(({ ipc, k, c, soft }) => {
    const m = ipc * k;
    const side = 8;
    return fc
      .record({
        bytes: fc.uint8Array({ minLength: m * c * side * side, maxLength: m * c * side * side }),
        values: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: m * k, maxLength: m * k }),
        form: fc.constantFrom("probabilities" as const, "logits" as const, "centred" as const),
        order: fc.shuffledSubarray(
          Array.from({ length: m }, (_, i) => i),
          { minLength: m },
        ),
        name: fc.stringMatching(/^[a-z]{1,8}$/),
        names: fc.boolean(),
      })
      .map(
        ({ bytes, values, form, order, name, names }): DistilledSet => ({
          ...{ kind: "distilled", name, shape: [m, c, side, side], classes: k, normalisation: { kind: "unit" } },
          images: Float32Array.from(bytes, (byte) => byte / 255),
          labels:
            soft && k > 1
              ? { kind: "soft", form, values: Float32Array.from(values, (value) => value || 0) }
              : { kind: "hard", classes: Int32Array.from(order, (i) => i % k) },
          ...(names ? { classNames: Array.from({ length: k }, (_, i) => `class, "${i}"`) } : {}),
          metadata: { ipc },
        }),
      );
  });

describe("what 8-bit forms can hold comes back bit for bit", () => {
  const forms: Record<string, [Format, (files: ReadonlyMap<string, Uint8Array>) => ReturnType<typeof memorySource>]> = {
    "class folders": [imageFolder, (files) => memoryFolder(files)],
    parquet: [parquet, (files) => memorySource([...files.values()][0])],
  };
  for (const [name, [format, source]] of Object.entries(forms))
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(exactSet, async (set) => {
          const written = await format.write?.(set);
          expect(written?.losses).toEqual([]);
          expect((await openSet(source(written?.files ?? new Map()))).set).toStrictEqual(set);
        }),
        { numRuns: 40 },
      );
    });

  it("picture grids hold images and hard labels of class-major sets", async () => {
    const set = eightBitSet();
    const written = await pictureGrid.write?.(set);
    expect(written?.losses).toEqual([]);
    const back = await openSet(memorySource([...(written?.files.values() ?? [])][0], "six"));
    expect(back.set).toStrictEqual(set);
  });
});

describe("8-bit forms say what they lost", () => {
  it("rounding, clipping, normalisation", async () => {
    const clean = eightBitSet();
    const pixels = clean.images.map((x, i) => (i === 0 ? 1.5 : i === 1 ? 0.5011 : x));
    const normalisation = knownNormalisations["cifar-10"];
    const set = { ...clean, images: fromPixels(pixels, clean.shape, normalisation), normalisation };
    for (const format of [imageFolder, parquet, pictureGrid] as Format[]) {
      const losses = ((await format.write?.(set))?.losses ?? []).join(" ");
      expect(losses).toMatch(/error at most 0\.000\d+, mean/);
      expect(losses).toMatch(/1 of 1152 values lay outside \[0, 1\], by up to 0\.500/);
      expect(losses).toMatch(/normalisation was undone/);
    }
    const written = await imageFolder.write?.(set);
    const back = (await openSet(memoryFolder(written?.files ?? new Map(), "set"))).set as DistilledSet;
    expect(back.normalisation).toEqual({ kind: "unit" });
    expect(back.metadata).toEqual({ madeFromNormalisation: "cifar-10" });
    expect(back.images[0]).toBe(1);
  });

  it("a grid loses soft labels, order, names and metadata", async () => {
    const labels = {
      kind: "soft",
      form: "logits",
      values: Float32Array.from({ length: 18 }, (_, i) => Number(i % 3 === Math.floor(i / 3) % 3)),
    } as const;
    const set = eightBitSet({ labels, classNames: ["a", "b", "c"], metadata: { a: 1 } });
    expect((await pictureGrid.write?.(set))?.losses).toHaveLength(4);
  });

  it("what cannot be pictures is refused", async () => {
    const unknown = eightBitSet({ normalisation: { kind: "unknown" } });
    const two = eightBitSet({ shape: [9, 2, 8, 8], labels: { kind: "hard", classes: new Int32Array(9) }, classes: 1 });
    const uneven = eightBitSet({ labels: { kind: "hard", classes: Int32Array.of(0, 0, 0, 1, 2, 2) } });
    const broken = eightBitSet({ images: new Float32Array(6 * 3 * 64).fill(Number.NaN) });
    await expect(imageFolder.write?.(unknown)).rejects.toThrow(UsageError);
    await expect(parquet.write?.(two)).rejects.toThrow(/expected 1 or 3, got 2/);
    await expect(pictureGrid.write?.(uneven)).rejects.toThrow(/as many of each class/);
    await expect(imageFolder.write?.(broken)).rejects.toThrow(/finite/);
  });
});
