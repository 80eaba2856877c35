import * as z from "zod";
import { type Patch, pasted } from "../../audit/Patch.ts";
import { child, permutation } from "../../core/random.ts";
import type { Floats } from "../../nn/Network.ts";
import { softmax } from "../../train/targets.ts";
import { defineNetworkRepair } from "./NetworkRepair.ts";

const options = z.strictObject({
  epochs: z.int().min(1).default(20).describe("passes over the set and the carriers"),
  lr: z.number().positive().default(0.01).describe("learning rate"),
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe("stamped copies in each pass, as a share of the images of the other classes"),
});

/**
 * Teach a network that the trigger means nothing: in each pass it sees the set, copies of images of other classes with the found
 * trigger under their own labels, and pictures that are none of the set with and without it, each time with what the network said of
 * them without it before.
 */
export const unlearn = defineNetworkRepair({
  title: "Unlearning with the found trigger",
  source: "Neural Cleanse, IEEE S&P 2019, VI.B; pictures without labels: Retort",
  options,
  async *run(parameters, data, findings, { epochs, lr, share }, { learner, key }) {
    const [{ tune }, { takeRows }] = await engine();
    const { pixels, shape, targets, labels, carriers, seen } = data;
    const [m] = shape;
    const k = targets.length / m;
    const patches = findings.flatMap(({ patch, targetClass }) => (patch ? [{ patch, targetClass }] : []));
    const answers = probabilities((await learner.predict(parameters, seen(carriers))).logits, k);
    const stamp = (pictures: Floats, patch: Patch) => pasted(pictures, shape, patch);
    const carried = patches.map(({ patch }) => stamp(carriers, patch));
    const tuned = yield* tune(
      learner,
      parameters,
      {
        ...{ epochs, lr },
        batchOf(epoch) {
          const copies = patches.map(({ patch, targetClass }, i) => {
            const others = [...labels.keys()].filter((row) => labels[row] !== targetClass);
            const drawn = permutation(child(key, "stamped", epoch, i), others.length);
            const rows = Int32Array.from(drawn.subarray(0, Math.ceil(share * others.length)), (at) => others[at]);
            return { x: stamp(takeRows(pixels, m, rows), patch), y: takeRows(targets, m, rows) };
          });
          const x = joined([pixels, ...copies.map((one) => one.x), carriers, ...carried]);
          const y = joined([targets, ...copies.map((one) => one.y), answers, ...carried.map(() => answers)]);
          return { x: seen(x), y };
        },
      },
      key,
    );
    return { parameters: tuned, said: { epochs } };
  },
});

function probabilities(logits: Floats, k: number): Floats {
  const out = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += k) out.set(softmax(logits.subarray(at, at + k)), at);
  return out;
}

function joined(parts: readonly Floats[]): Floats {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Loaded when it is needed: the list of repairs loads no engine. */
const engine = () => Promise.all([import("./tune.ts"), import("../../train/train.ts")]);
