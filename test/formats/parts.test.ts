import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { softForm } from "../../src/formats/labels.ts";
import { Budget, elementCount } from "../../src/formats/limits.ts";
import { memoryFile, memoryFolder } from "../../src/formats/memorySource.ts";
import { type Json, strictJson } from "../../src/formats/strictJson.ts";
import { fromFloat16, fromFortran, gather, rowMajorStrides, toFloat32 } from "../../src/formats/tensor.ts";
import { pairFiles } from "../../src/formats/torch/pairFiles.ts";
import { crc32 } from "../../src/formats/zip/crc32.ts";
import { openZip } from "../../src/formats/zip/openZip.ts";
import { writeZip } from "../../src/formats/zip/writeZip.ts";
import { cat } from "./hostile/bytes.ts";

describe("crc32", () => {
  it("the check value of its definition, at every alignment", () => {
    for (let shift = 0; shift < 9; shift++)
      expect(crc32(cat("x".repeat(shift), "123456789").subarray(shift))).toBe(0xcbf43926);
  });

  it("equals the definition bit by bit", () => {
    const slow = (bytes: Uint8Array) => {
      let crc = 0xffffffff;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
      }
      return (crc ^ 0xffffffff) >>> 0;
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => crc32(bytes) === slow(bytes)));
  });
});

describe("zip", () => {
  it("read ∘ write is the identity, stored and deflated, long runs included", async () => {
    const name = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}\.x$/);
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(3000).map((n) => new Uint8Array(n).fill(7)),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, content, { maxKeys: 5 }), fc.constantFrom(0, 6, 9), async (files, level) => {
        const entries = new Map(Object.entries(files));
        const archive = await openZip(memoryFile("z", writeZip(entries, level as 0)), new Budget(), "test");
        const back = new Map<string, Uint8Array>();
        for (const entry of archive.entries) back.set(entry.name, await archive.read(entry));
        expect([...back].sort()).toEqual([...entries].sort());
      }),
    );
  });

  it("the same files give the same bytes", () => {
    const files = new Map([["a", cat("hello hello hello")]]);
    expect(writeZip(files, 6)).toEqual(writeZip(files, 6));
  });
});

describe("strictJson", () => {
  const plain = (value: Json): unknown =>
    value instanceof Map
      ? Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]))
      : Array.isArray(value)
        ? value.map(plain)
        : value;

  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(3), (text, indent) => {
        const pretty = JSON.stringify(JSON.parse(text), null, indent);
        expect(plain(strictJson(pretty, "test"))).toEqual(JSON.parse(pretty));
      }),
    );
  });

  it("refuses what JSON.parse refuses, and keys twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0e+-.tfn\\u \n') }), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (!isJson) expect(() => strictJson(text, "test")).toThrow(DataError);
      }),
      { numRuns: 5000 },
    );
    expect(() => strictJson('{"a":1,"b":{"c":1,"c":2}}', "test", 8)).toThrow(/not "c" twice.*at byte 26/);
  });
});

describe("tensors", () => {
  it("half precision: every one of the 65 536 values", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 65_536; bits++) {
      const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
      // The same number as a 32-bit float, by moving its fields.
      const word =
        exponent === 31
          ? (0xff << 23) | (fraction << 13)
          : exponent > 0
            ? ((exponent + 112) << 23) | (fraction << 13)
            : 0;
      const wide = new Float32Array(Uint32Array.of((sign << 31) | word).buffer)[0];
      const expected = exponent === 0 ? (sign ? -1 : 1) * fraction * 2 ** -24 : wide;
      if (!Object.is(fromFloat16(bits), expected)) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
    expect(toFloat32({ dtype: "bfloat16", shape: [2], data: Uint16Array.of(0x3fc0, 0xc000) })).toEqual(
      Float32Array.of(1.5, -2),
    );
  });

  it("gather visits the numbers that the strides say", () => {
    const data = Int32Array.from({ length: 60 }, (_, i) => i);
    expect([...gather(data, 1, [2, 3], [10, 2])]).toEqual([1, 3, 5, 11, 13, 15]);
    expect([...gather(data, 5, [], [])]).toEqual([5]);
    expect([...gather(data, 0, [2, 0, 3], [1, 1, 1])]).toEqual([]);
    expect([...gather(data, 3, [2, 2], [0, 0])]).toEqual([3, 3, 3, 3]);
    expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect([...fromFortran(Int32Array.of(0, 3, 1, 4, 2, 5), [2, 3])]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("shapes are multiplied with care", () => {
    expect(elementCount([2, 3, 4], "test", "x")).toBe(24);
    expect(elementCount([], "test", "x")).toBe(1);
    for (const shape of [[-1], [1.5], [Number.NaN], [2 ** 30, 2 ** 30], [2 ** 30, 2 ** 30, 0], Array(9).fill(1)])
      expect(() => elementCount(shape, "test", "x")).toThrow(DataError);
  });

  it("a budget is spent once", () => {
    const budget = new Budget(100);
    budget.charge(60, "test", "a");
    expect(() => budget.charge(41, "test", "b", 7)).toThrow("expected at most 40 of 100 bytes, got 41");
    for (const bytes of [-1, Number.NaN, 0.5, Number.POSITIVE_INFINITY])
      expect(() => budget.charge(bytes, "test", "c")).toThrow(DataError);
    budget.charge(40, "test", "d");
    expect(budget.left).toBe(0);
  });
});

describe("label forms", () => {
  it.each<[string, number[], "probabilities" | "logits" | "centred"]>([
    ["one-hot", [1, 0, 0, 0, 1, 0], "probabilities"],
    ["soft", [0.2, 0.3, 0.5, 0.1, 0.1, 0.8], "probabilities"],
    ["one-hot − 1/3", [2 / 3, -1 / 3, -1 / 3, -1 / 3, 2 / 3, -1 / 3], "centred"],
    ["one-hot − 0.1", [0.9, -0.1, -0.1, -0.1, 0.9, -0.1], "centred"],
    ["learnt around zero", [0.6, -0.3, -0.3, -0.5, 0.4, 0.1], "centred"],
    ["logits", [8, -3, 1, 2, 9, -5], "logits"],
    ["rows above 1", [0.9, 0.9, 0.9, 0.1, 0.1, 0.1], "logits"],
    ["NaN", [Number.NaN, 0, 1, 0, 0, 1], "logits"],
  ])("%s", (_, values, form) => {
    expect(softForm(Float32Array.from(values), 3)).toBe(form);
  });
});

describe("which files of a folder belong together", () => {
  const choose = (...names: string[]) => {
    const { images, labels, lr } = pairFiles(memoryFolder(new Map(names.map((name) => [name, cat()]))).files).chosen();
    return [images.map(({ path }) => path), labels.map(({ path }) => path), lr?.path];
  };
  it.each<[string[], ReturnType<typeof choose>]>([
    [
      ["images_best.pt", "labels_best.pt", "lr_best.pt", "args.pt"],
      [["images_best.pt"], ["labels_best.pt"], "lr_best.pt"],
    ],
    [
      ["images.pt", "labels.pt", "lr.pt"],
      [["images.pt"], ["labels.pt"], "lr.pt"],
    ],
    [
      ["image_syn_upda.pt", "label_syn_upda.pt"],
      [["image_syn_upda.pt"], ["label_syn_upda.pt"], undefined],
    ],
    [
      ["images_0.pt", "images_5000.pt", "images_best.pt", "labels_0.pt", "labels_5000.pt", "labels_best.pt"],
      [["images_best.pt"], ["labels_best.pt"], undefined],
    ],
    [
      [
        "images_best_0.pt",
        "images_best_1.pt",
        "images_best_10.pt",
        ...[2, 3, 4, 5, 6, 7, 8, 9].map((i) => `images_best_${i}.pt`),
        "labels_best.pt",
      ],
      [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((i) => `images_best_${i}.pt`), ["labels_best.pt"], undefined],
    ],
    [
      ["images_best_0.pt", "images_best_1.pt", "labels_best_0.pt", "labels_best_1.pt"],
      [["images_best_0.pt", "images_best_1.pt"], ["labels_best_0.pt", "labels_best_1.pt"], undefined],
    ],
  ])("%j", (names, expected) => {
    expect(choose(...names)).toEqual(expected);
  });

  it("two pairs without a best one are for the caller to choose from", () => {
    expect(() => choose("images_100.pt", "labels_100.pt", "images_200.pt", "labels_200.pt")).toThrow(
      /name the two files/,
    );
  });
});
