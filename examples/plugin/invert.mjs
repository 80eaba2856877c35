// A plug-in: an attack of one's own. retort --plugin examples/plugin/invert.mjs attack invert set.safetensors
import { z } from "zod";

/** Turn the first images of the target class upside down in value. */
const invert = {
  title: "Inverted images",
  source: "an example",
  access: "distilled-set",
  options: z.strictObject({
    targetClass: z.int().min(0).default(0).describe("class whose images are inverted"),
    count: z.int().min(1).default(1).describe("how many"),
  }),
  async *run(set, { targetClass, count }) {
    const [m, channels, height, width] = set.shape;
    const size = channels * height * width;
    const own = Array.from({ length: m }, (_, i) => i).filter((i) => set.labels.classes[i] === targetClass);
    const images = set.images.slice();
    for (const i of own.slice(0, count)) for (let k = i * size; k < (i + 1) * size; k++) images[k] = -images[k];
    const trigger = {
      ...{ description: "one white pixel", channels, height, width, inGamut: false },
      mask: Float32Array.from({ length: height * width }, (_, i) => Number(i === 0)),
      pattern: new Float32Array(size).fill(1),
    };
    const metadata = { ...set.metadata, tampered: true, attack: "invert" };
    return { set: { ...set, images, metadata }, trigger, targetClass, curves: {} };
  },
};

export const attacks = { invert };
