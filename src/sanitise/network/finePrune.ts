import * as z from "zod";
import { child } from "../../core/random.ts";
import { type Floats, isFloats, isParamSpec, type Network, type ParamSpec } from "../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import { argmaxRows } from "../../train/targets.ts";
import { defineNetworkRepair, type Parameters } from "./NetworkRepair.ts";

const options = z.strictObject({
  most: z
    .number()
    .min(0)
    .max(1)
    .default(0.04)
    .describe("accuracy on the set that pruning may cost, as a fraction (the paper's 4 %)"),
  epochs: z.int().min(0).default(20).describe("passes over the set after pruning"),
  lr: z.number().positive().default(0.01).describe("learning rate"),
});

/**
 * Fine-pruning: take away the channels of the last convolution that clean images use least, as many as cost no more than a little
 * accuracy, and train on. What only the trigger used is gone, says the paper. It knows no trigger.
 *
 * A channel is taken away where the last linear layer reads it, which is the same to the network. Networks without convolutions lose
 * single features. Clean images: the set, without what was found.
 */
export const finePrune = defineNetworkRepair({
  title: "Fine-pruning: least active channels of the last convolution",
  source: "Liu, Dolan-Gavitt and Garg, arXiv 1805.12185",
  options,
  async *run(parameters, { pixels, targets, seen }, _findings, { most, epochs, lr }, { learner, key }) {
    const { tune } = await engine();
    const k = learner.network.classes;
    const x = seen(pixels);
    const { features } = await learner.predict(parameters, x);
    const m = targets.length / k;
    const d = features.length / m;
    const channels = lastChannels(learner.network, d);
    const [bias, weight] = lastLinear(learner.network, parameters.weights, d);
    const active = new Float64Array(channels);
    features.forEach((v, i) => {
      active[i % channels] += v / m;
    });
    const order = [...active.keys()].sort((a, b) => active[a] - active[b] || a - b);
    const calls = argmaxRows(targets, k);
    const accuracy = (gone: ReadonlySet<number>) => {
      const logits = read(features, weight, bias, m, k, (p) => gone.has(p % channels));
      return argmaxRows(logits, k).reduce((right, call, i) => right + (call === calls[i] ? 1 / m : 0), 0);
    };
    const least = accuracy(new Set()) - most - 1e-9;
    const gone = new Set<number>();
    for (const channel of order.slice(0, channels - 1)) {
      gone.add(channel);
      if (accuracy(gone) < least) {
        gone.delete(channel);
        break;
      }
    }
    const after = (one: Parameters) => withoutRows(one, learner.network, d, (p) => gone.has(p % channels));
    const pruned = after(parameters);
    const tuned = yield* tune(
      learner,
      pruned,
      { epochs, lr, batchOf: () => ({ x, y: targets }), after },
      child(key, "tune"),
    );
    return { parameters: tuned, said: { pruned: gone.size, of: channels } };
  },
});

/** Channels of the last convolution, which lie innermost among the features; without one every feature is its own. */
function lastChannels({ weights }: Network, d: number): number {
  const kernels = leaves<ParamSpec>(weights, isParamSpec).filter(({ shape }) => shape.length === 4);
  const channels = kernels.at(-1)?.shape[3] ?? d;
  return d % channels === 0 ? channels : d;
}

/** Place of the last linear layer's weight among the leaves; its bias lies before it. */
function lastLinearAt({ weights, classes }: Network, d: number): number {
  return leaves<ParamSpec>(weights, isParamSpec).findLastIndex(({ shape }) => shape.join() === `${d},${classes}`);
}

function lastLinear(network: Network, weights: Tree<Floats>, d: number): [bias: Floats, weight: Floats] {
  const at = lastLinearAt(network, d);
  const values = leaves<Floats>(weights, isFloats);
  return [values[at - 1], values[at]];
}

function read(features: Floats, weight: Floats, bias: Floats, m: number, k: number, gone: (p: number) => boolean) {
  const d = features.length / m;
  const out = new Float32Array(m * k);
  for (let i = 0; i < m; i++) {
    out.set(bias, i * k);
    for (let p = 0; p < d; p++) {
      const v = features[i * d + p];
      if (v === 0 || gone(p)) continue;
      for (let t = 0; t < k; t++) out[i * k + t] += v * weight[p * k + t];
    }
  }
  return out;
}

function withoutRows(one: Parameters, network: Network, d: number, gone: (p: number) => boolean): Parameters {
  const at = lastLinearAt(network, d);
  const values = leaves<Floats>(one.weights, isFloats).map((values, i) =>
    i === at ? values.map((v, q) => (gone(Math.floor(q / network.classes)) ? 0 : v)) : values,
  );
  return { ...one, weights: rebuild<Floats, Floats>(one.weights, isFloats, values) };
}

/** Loaded when it is needed: the list of repairs loads no engine. */
const engine = () => import("./tune.ts");
