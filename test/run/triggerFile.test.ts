import { expect, it } from "vitest";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { applyTrigger, gamutBounds, generatorTrigger, squareTrigger, type Trigger } from "../../src/data/Trigger.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors/safetensorsFile.ts";
import { restoredTrigger, storedTrigger } from "../../src/run/triggerFile.ts";
import { det } from "../golden/det.ts";

const normalisation = knownNormalisations["cifar-10"];
const shape = [1, 3, 8, 8] as const;
const layer = (name: string, inputs: number, outputs: number) => ({
  weight: det(`${name}/weight`, 9 * inputs * outputs, 0.4),
  bias: det(`${name}/bias`, outputs, 0.1),
});
const layers = [layer("one", 3, 4), layer("two", 4, 3)];
const generator = { layers, bound: 0.1, ...gamutBounds(normalisation, 3) };
const generated = generatorTrigger(generator, shape, "a generator");
const white = { side: 2, value: 1, unit: "pixel", margin: 1, corner: "top-left", opacity: 0.5 } as const;
const square = squareTrigger(white, shape, normalisation);

/** What comes back from a file. */
async function read(trigger: Trigger): Promise<Trigger> {
  const { description, tensors } = storedTrigger(trigger);
  const bytes = writeSafetensors(tensors, { json: JSON.stringify(description) });
  const back = await readSafetensors(bytes);
  return restoredTrigger(JSON.parse(back.metadata.json), back.tensors, "a file");
}

const signs = det("signs", 192).map(Math.sign);

it.each([
  ["a square", square],
  ["a generator", generated],
  ["the control of one", { ...generated, generator: { ...generator, signs } }],
])("%s comes back from a file as it was", async (_, trigger) => {
  const back = await read(trigger);
  expect(back).toEqual(trigger);
  const images = det("images", 384, 1);
  expect(applyTrigger(back, images)).toEqual(applyTrigger(trigger, images));
});

it("reads the file of a version that knew masks only", () => {
  const { mask, pattern, ...description } = square;
  expect(restoredTrigger(description, { mask: { data: mask }, pattern: { data: pattern } }, "a file")).toEqual(square);
});

it("holds no mask of a generator, so that no reader takes it for a stamp, and is refused with a part missing", () => {
  const { description, tensors } = storedTrigger(generated);
  expect(Object.keys(tensors)).toEqual([
    "generator.0.weight",
    "generator.0.bias",
    "generator.1.weight",
    "generator.1.bias",
  ]);
  const { "generator.1.bias": _, ...rest } = tensors;
  expect(() => restoredTrigger(description, rest, "a file")).toThrow(
    "attack: invalid a file: expected a tensor generator.1.bias, got generator.0.weight,generator.0.bias,generator.1.weight",
  );
  const { generator: __, ...square } = description;
  expect(() => restoredTrigger(square, tensors, "a file")).toThrow("expected a tensor mask, got generator.0.weight");
});
