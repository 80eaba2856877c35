import { DataError } from "../core/errors.ts";
import { generatorTrigger, type Trigger } from "../data/Trigger.ts";
import type { GeneratorLayer } from "../data/TriggerGenerator.ts";
import type { TensorInput } from "../formats/safetensors/safetensorsFile.ts";

/** What of a trigger stands in the JSON of a file, and what in its tensors. */
export interface StoredTrigger {
  readonly description: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, TensorInput>>;
}

/**
 * Take a trigger apart for a file. One that is a generator has no `mask` and no `pattern` there: a reader that knows no other trigger
 * refuses it.
 */
export function storedTrigger({ mask, pattern, generator, ...plain }: Trigger): StoredTrigger {
  const { channels, height, width } = plain;
  if (!generator)
    return {
      description: plain,
      tensors: {
        mask: { shape: [height, width], data: mask },
        pattern: { shape: [channels, height, width], data: pattern },
      },
    };
  const { layers, signs, ...rest } = generator;
  const inputs = layers.map((_, i) => (i === 0 ? channels : layers[i - 1].bias.length));
  return {
    description: { ...plain, generator: rest },
    tensors: Object.fromEntries([
      ...layers.flatMap(({ weight, bias }, i) => [
        [`generator.${i}.weight`, { shape: [3, 3, inputs[i], bias.length], data: weight }],
        [`generator.${i}.bias`, { shape: [bias.length], data: bias }],
      ]),
      ...(signs ? [["generator.signs", { shape: [channels, height, width], data: signs }]] : []),
    ]),
  };
}

/** Put a trigger together again. @throws DataError where a tensor is missing. */
export function restoredTrigger(
  description: StoredTrigger["description"],
  tensors: Readonly<Record<string, Pick<TensorInput, "data">>>,
  path: string,
): Trigger {
  const floats = (name: string) => {
    const { data } = tensors[name] ?? {};
    if (!(data instanceof Float32Array))
      throw new DataError(`attack: invalid ${path}: expected a tensor ${name}, got ${Object.keys(tensors)}`);
    return data as Float32Array<ArrayBuffer>;
  };
  const { generator, ...plain } = description as unknown as Trigger;
  if (!generator) return { ...plain, mask: floats("mask"), pattern: floats("pattern") };
  const layers: GeneratorLayer[] = [];
  do
    layers.push({
      weight: floats(`generator.${layers.length}.weight`),
      bias: floats(`generator.${layers.length}.bias`),
    });
  while (`generator.${layers.length}.weight` in tensors);
  const signs = "generator.signs" in tensors && { signs: floats("generator.signs") };
  const { channels, height, width } = plain;
  return generatorTrigger({ ...generator, layers, ...signs }, [1, channels, height, width], plain.description);
}
