import { expect, it } from "vitest";
import type { PickleValue } from "../../src/formats/pickle/values.ts";
import { saysTampered } from "../../src/formats/saysTampered.ts";
import { findSet } from "../../src/formats/torch/layouts.ts";
import { eightBitSet } from "./pictureFixtures.ts";

const tensor = (...shape: number[]): PickleValue =>
  ({
    kind: "array",
    tensor: { dtype: "float32", shape, data: new Float32Array(shape.reduce((a, b) => a * b)) },
  }) as never;
const dict = (...entries: [PickleValue, PickleValue][]): PickleValue => ({
  kind: "dict",
  entries: new Map(entries),
  ordered: false,
});

it.each<[string, PickleValue, boolean]>([
  ["poisoned", true, true],
  ["backdoored", "yes", true],
  ["tampered", dict(["attack", "badNets"]), true],
  ["backdoor", 1, true],
  ["poisoned", false, false],
  ["tampered", "no", false],
  ["attack", null, false],
  ["trigger", "square", false],
])("a dictionary with %s = %j beside its images", (key, value, says) => {
  const root = dict(["images", tensor(4, 3, 8, 8)], ["labels", tensor(4)], [key, value]);
  const metadata = findSet(root, {})?.metadata ?? {};
  expect(saysTampered(eightBitSet({ metadata })) !== undefined).toBe(says);
});
