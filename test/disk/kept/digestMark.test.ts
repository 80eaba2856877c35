import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { expect, it } from "vitest";
import { addMark, readMark } from "../../../src/disk/kept/digestMark.ts";
import { readSafetensors, writeSafetensors } from "../../../src/formats/safetensors/safetensorsFile.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const json = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => bytesOf(JSON.stringify(value)));
const tensors = fc
  .array(fc.float({ noNaN: true }), { maxLength: 40 })
  .map((list) => writeSafetensors({ a: { shape: [list.length], data: Float32Array.from(list) } }, { json: "{}" }));

prop.prop([fc.oneof(json, tensors), fc.string()])("what was put in comes out", (content, owner) => {
  expect(readMark(addMark(content, owner), owner)).toEqual({ kind: "whole", content });
});

prop.prop([fc.oneof(json, tensors), fc.nat(), fc.integer({ min: 1, max: 255 })])(
  "one changed byte, wherever, is no whole file",
  (content, at, change) => {
    const bytes = addMark(content, "a");
    bytes[at % bytes.length] ^= change;
    expect(readMark(bytes, "a").kind).toBe("damaged");
  },
);

prop.prop([fc.oneof(json, tensors), fc.nat()])("a cut file is no whole file", (content, length) => {
  const bytes = addMark(content, "a");
  expect(readMark(bytes.subarray(0, length % bytes.length), "a").kind).not.toBe("whole");
});

it("another owner's file is damaged, one without a digest unmarked", () => {
  const content = bytesOf('{\n  "a": 1\n}\n');
  expect(readMark(addMark(content, "a"), "b").kind).toBe("damaged");
  expect(readMark(content, "a").kind).toBe("unmarked");
});

it("JSON stays JSON and safetensors stays safetensors, tensors aligned", async () => {
  for (const value of [{}, { a: 1 }, { format: "x/1", list: [1, 2] }])
    expect(JSON.parse(new TextDecoder().decode(addMark(bytesOf(`${JSON.stringify(value)}\n`), "a")))).toEqual({
      integrity: expect.stringMatching(/^[0-9a-f]{64}$/),
      ...value,
    });
  const file = writeSafetensors({ a: { shape: [2], data: Float64Array.of(1, 2) } }, { json: "{}" });
  const marked = addMark(file, "a");
  expect(await readSafetensors(marked)).toMatchObject({
    tensors: { a: { data: Float64Array.of(1, 2) } },
    metadata: { json: "{}", integrity: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(Number(new DataView(marked.buffer).getBigUint64(0, true)) % 8).toBe(0);
});
