import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { softForm } from "../../src/formats/labels.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { setToNpz } from "../../src/formats/npz.ts";
import { openSet } from "../../src/formats/open.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors/safetensorsFile.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import type { DType, TensorData } from "../../src/formats/tensor.ts";
import { writeDc, writeMtt } from "../../src/formats/torch/writeTorch.ts";
import { arbitrarySet, smallSet } from "./arbitrarySet.ts";

const only = (files: ReadonlyMap<string, Uint8Array>) => [...files.values()][0];

describe("safetensors, the canonical form", () => {
  it("parse ∘ write is the identity on sets", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySet, async (set) => {
        const opened = await openSet(memorySource(setToSafetensors(set)));
        expect(opened.format).toBe("safetensors");
        expect(opened.set).toStrictEqual(set);
      }),
      { numRuns: 200 },
    );
  });

  it("write ∘ parse is the identity on its files, so equal sets have equal bytes", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySet, async (set) => {
        const bytes = setToSafetensors(set);
        const opened = await openSet(memorySource(bytes));
        expect(setToSafetensors(opened.set as DistilledSet)).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps sets whose images no reader would guess to be images, and sets of none", async () => {
    for (const [shape, classes] of [
      [
        [2, 2, 1, 3],
        [0, 1],
      ],
      [[1, 7, 1, 1], [0]],
      [[0, 3, 4, 4], []],
    ]) {
      const images = new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]).fill(0.5);
      const labels = { kind: "hard" as const, classes: Int32Array.from(classes) };
      const set = smallSet({ images, shape: shape as unknown as DistilledSet["shape"], labels });
      expect((await openSet(memorySource(setToSafetensors(set)))).set).toStrictEqual(set);
    }
  });

  it("does not depend on the order in which metadata was made", () => {
    const one = setToSafetensors(smallSet({ metadata: { a: 1, b: { c: 2, d: 3 } } }));
    const other = setToSafetensors(smallSet({ metadata: { b: { d: 3, c: 2 }, a: 1 } }));
    expect(sha256Hex(one)).toBe(sha256Hex(other));
  });

  it("keeps every bit of a float, NaN payloads and −0 included", async () => {
    const images = new Float32Array(4 * 3 * 4 * 4);
    new Uint32Array(images.buffer).set([0x7fc00001, 0xffc12345, 0x80000000, 1, 0x7f800000, 0xff800000, 0x7f7fffff]);
    const opened = await openSet(memorySource(setToSafetensors(smallSet({ images }))));
    const back = (opened.set as DistilledSet).images;
    expect(new Uint32Array(back.buffer)).toEqual(new Uint32Array(images.buffer));
  });

  it("named tensors of every element type come back", async () => {
    const arrays: [DType, TensorData][] = [
      ["float64", Float64Array.of(1.5, -2)],
      ["float32", Float32Array.of(1.5, -2)],
      ["float16", Uint16Array.of(0x3e00, 0xc000)],
      ["bfloat16", Uint16Array.of(0x3fc0, 0xc000)],
      ["int64", BigInt64Array.of(1n, -(2n ** 62n))],
      ["int32", Int32Array.of(1, -2)],
      ["int16", Int16Array.of(1, -2)],
      ["int8", Int8Array.of(1, -2)],
      ["uint64", BigUint64Array.of(1n, 2n ** 63n)],
      ["uint32", Uint32Array.of(1, 2 ** 31)],
      ["uint16", Uint16Array.of(1, 65535)],
      ["uint8", Uint8Array.of(1, 255)],
      ["bool", Uint8Array.of(1, 0)],
    ];
    const tensors = Object.fromEntries(arrays.map(([dtype, data]) => [`t.${dtype}`, { dtype, shape: [2, 1], data }]));
    const read = await readSafetensors(writeSafetensors(tensors, { step: "7" }));
    expect(read).toEqual({ tensors, metadata: { step: "7" } });
    expect(writeSafetensors(read.tensors, read.metadata)).toEqual(writeSafetensors(tensors, { step: "7" }));
  });

  it("a tensor may be called __proto__ without touching any prototype", async () => {
    const bytes = writeSafetensors(Object.fromEntries([["__proto__", { shape: [1], data: Float32Array.of(3) }]]));
    const { tensors } = await readSafetensors(bytes);
    expect(Object.keys(tensors)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).shape).toBeUndefined();
  });

  it("refuses a shape that does not fit", () => {
    expect(() => writeSafetensors({ x: { shape: [3], data: Float32Array.of(1) } })).toThrow(
      "writeSafetensors: invalid x: expected float32 [3], got 1 numbers of 4 bytes",
    );
  });
});

/** What is left of a set in a form that holds arrays only. */
function bare(set: DistilledSet, metadata: Record<string, unknown>): DistilledSet {
  const { classNames, ...rest } = set;
  const { labels } = set;
  return {
    ...rest,
    name: "bytes",
    classes: labels.kind === "hard" ? Math.max(...labels.classes) + 1 : set.classes,
    labels: labels.kind === "hard" ? labels : { ...labels, form: softForm(labels.values, set.classes) },
    normalisation: { kind: "unknown" },
    metadata,
  };
}

/** The forms without a memory order take channels by their number; heights and widths of 3 would leave it open. */
const unambiguous = arbitrarySet.filter(({ shape }) => shape[2] !== 3 && shape[3] !== 3);

describe("forms that hold arrays only: images and labels come back bit for bit", () => {
  it("says which files of a folder were not looked at", async () => {
    const files = new Map([...writeMtt(smallSet()).files, ["args.txt", new TextEncoder().encode("lr: 0.1")]]);
    const { set, findings } = await openSet(memoryFolder(files));
    expect(set?.shape).toEqual([4, 3, 4, 4]);
    expect(findings).toEqual([
      {
        severity: "note",
        rule: "file-not-read",
        message: "args.txt was not read: a text.",
        file: "args.txt",
      },
    ]);
  });

  it(".pt in the DC layout", async () => {
    await fc.assert(
      fc.asyncProperty(unambiguous, async (set) => {
        const opened = await openSet(memorySource(only(writeDc(set).files)));
        expect(opened.findings).toEqual([]);
        expect(opened.set).toStrictEqual(bare(set, { layout: "dc", experiment: 0, experiments: 1 }));
      }),
      { numRuns: 100 },
    );
  });

  it(".pt files in the MTT layout", async () => {
    await fc.assert(
      fc.asyncProperty(unambiguous, async (set) => {
        const opened = await openSet(memoryFolder(writeMtt({ ...set, metadata: { lr: 0.5 } }).files, "bytes"));
        expect(opened.set).toStrictEqual(bare(set, { layout: "mtt", lr: 0.5 }));
      }),
      { numRuns: 100 },
    );
  });

  it(".npz, stored and deflated", async () => {
    await fc.assert(
      fc.asyncProperty(unambiguous, fc.boolean(), async (set, deflate) => {
        const opened = await openSet(memorySource(setToNpz(set, deflate)));
        expect(opened.set).toStrictEqual(bare(set, {}));
      }),
      { numRuns: 100 },
    );
  });

  it("say what they lose", () => {
    const set = smallSet({
      normalisation: { kind: "unit" },
      classNames: ["a", "b"],
      metadata: { method: "dc", lr: 1 },
      labels: { kind: "soft", values: new Float32Array(8), form: "logits" },
    });
    expect(writeDc(set).losses).toEqual([
      "the normalisation (unit) is not written: receivers have to be told",
      "class names are not written",
      "what the labels are (logits) is not written",
      "metadata is not written: method",
    ]);
    expect(writeDc(smallSet()).losses).toEqual([]);
  });

  it("files are named after the set without leaving the folder", () => {
    expect([...writeDc(smallSet({ name: "../../etc/passwd" })).files.keys()]).toEqual(["_.._etc_passwd.pt"]);
    expect([...writeDc(smallSet({ name: "" })).files.keys()]).toEqual(["set.pt"]);
  });
});
