import { describe, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { type Floats, initialise, type Network, parameterCount, specsOf } from "../../src/nn/Network.ts";
import { type ConvNetOptions, convNet } from "../../src/nn/networks/convNet.ts";
import * as networks from "../../src/nn/networks.ts";
import { sgd } from "../../src/nn/optimisers.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { grad } from "../../src/tensor/grad.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { leaves, type Tree } from "../../src/tensor/tree.ts";
import { Learner } from "../../src/train/Learner.ts";
import { cpu } from "../attack/tiny.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, relativeError, type Scalar, type Summary } from "../golden/summary.ts";
import { GoldenNetwork, type Named, oneHot } from "./goldenNetwork.ts";

interface Results {
  logits: Summary;
  loss: Scalar;
  gradients?: Record<string, Summary>;
  evaluation?: { running: Record<string, { mean: Summary; variance: Summary }>; logits: Summary };
}
interface Case {
  name: string;
  /** Without: ConvNet. */
  network?: string;
  options: { norm?: string; pooled?: boolean; width?: number; depth?: number; act?: string; pool?: string };
  channels?: number;
  size?: number;
  parameterCount: number;
  params: Named[];
  batches: { images: { x: DetSpec; labels: number[] }; real: { x: DetSpec } };
  results: Results;
}

const architectures = golden<{ cases: Case[] }>("architectures.json").cases;
const convNetOptions = golden<{ cases: Case[] }>("options.json").cases;

const activations = { relu: "relu", sigmoid: "sigmoid", leaky: "leakyRelu", swish: "swish" } as const;

/** Our network for a golden case, and the channels of the maps that its first linear layer reads. */
function networkOf({ network, options, channels = 3, size = 32 }: Case): [Network, number] {
  const shape = { channels, size, classes: 10 };
  const { width } = options;
  const batch = options.norm === "batch";
  switch (network) {
    case "lenet":
      return [networks.leNet(shape), 16];
    case "alexnet":
      return [networks.alexNet(shape, { width }), (192 * (width ?? 128)) / 128];
    case "vgg11":
      return [(batch ? networks.vgg11BN : networks.vgg11)(shape, { width }), 8 * (width ?? 64)];
    case "resnet18": {
      const { resNet18, resNet18AP, resNet18BN, resNet18BNAP } = networks;
      const form = options.pooled ? (batch ? resNet18BNAP : resNet18AP) : batch ? resNet18BN : resNet18;
      return [form(shape, { width }), 8 * (width ?? 64)];
    }
    case "vit":
      return [networks.vit(shape, { width }), 0];
    default: {
      const { width, depth, norm, act, pool } = options as ConvNetOptions & { act: keyof typeof activations };
      return [convNet(shape, { width, depth, norm, activation: activations[act], pool }), width!];
    }
  }
}

// Float32 PyTorch itself reaches 3e-5 for the gradients of VGG11, whose last instance norms see 2×2 pixels.
const tolerance = (record: Summary) => Math.max(1e-5, 4 * record.error32);

describe.each([...architectures, ...convNetOptions])("$name against PyTorch", (c) => {
  const [network, channels] = networkOf(c);
  const params = new GoldenNetwork(network, c.params, channels);
  const images = build(c.batches.images.x);
  const labels = oneHot(c.batches.images.labels, 10);

  it("has the same number of parameters", () => {
    expect(parameterCount(network)).toBe(c.parameterCount);
  });

  const { gradients, evaluation } = c.results;
  it("gives the same logits, loss and gradients", async () => {
    const running = initialise(network.running, key(0));
    const f = await compile<
      [Tree<Floats>, Tree<Floats>, Floats, Floats],
      { logits: Floats; loss: Floats; gradient: Tree<Floats> }
    >(
      (w: Tree<Tensor>, r: Tree<Tensor>, x: Tensor, y: Tensor) => {
        const forward = (v: Tree<Tensor>) => network.forward(v, r, x, true).logits;
        const loss = (v: Tree<Tensor>) => crossEntropy(forward(v), y);
        return { logits: forward(w), loss: loss(w), gradient: gradients ? grad(loss)(w) : [] };
      },
      [specsOf(network.weights), specsOf(network.running), f32(4, ...network.input), f32(4, 10)],
    );
    const out = await f(params.weights(), running, images, labels);
    expect(relativeError(c.results.logits, out.logits)).toBeLessThan(tolerance(c.results.logits));
    expect(out.loss[0]).toBeCloseTo(c.results.loss.f64, 5);
    if (gradients)
      for (const { name, error } of params.errors(gradients, out.gradient)) {
        const record = gradients[name];
        // A bias before a norm has no effect; PyTorch computes rounding noise for it.
        expect(error, name).toBeLessThan(record.zero ? 1e-5 : tolerance(record));
      }
    await f.close();
  });

  if (evaluation)
    it("keeps running statistics while training and uses them in evaluation", async () => {
      const learner = new Learner(network, sgd(), cpu);
      let state = learner.start(params.weights(), initialise(network.running, key(0)));
      for (let i = 0; i < 2; i++) state = (await learner.step(state, images, labels, 0.01)).state;
      const kept = leaves<Floats>(state.running, (x): x is Floats => x instanceof Float32Array);
      const expected = Object.values(evaluation!.running).flatMap(({ mean, variance }) => [mean, variance]);
      expect(kept).toHaveLength(expected.length);
      expected.forEach((record, i) => {
        expect(relativeError(record, kept[i]), `statistics ${i}`).toBeLessThan(tolerance(record));
      });
      const { logits } = await learner.predict(state, build(c.batches.real.x));
      expect(relativeError(evaluation!.logits, logits)).toBeLessThan(tolerance(evaluation!.logits));
      await learner.close();
    });
});
