import { afterAll, describe, expect, it } from "vitest";
import { Unrolled } from "../../src/attack/trajectoryMatching/unrolled.ts";
import { child, key, normal } from "../../src/core/random.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { type Floats, initialise, isFloats, specsOf } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { sgd } from "../../src/nn/optimisers.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { grad } from "../../src/tensor/grad.ts";
import { add, constant, inner, takeRows } from "../../src/tensor/ops.ts";
import { isTensor, type Tensor } from "../../src/tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../../src/tensor/tree.ts";
import { applyUpdate, Learner } from "../../src/train/Learner.ts";
import { targetsOf } from "../../src/train/targets.ts";
import { cpu, tinySet } from "./tiny.ts";

const set = tinySet();
const labels = targetsOf(set);
const network = convNet({ channels: 3, size: 8, classes: 3 }, { width: 4, depth: 2, activation: "swish" });
const weights = initialise(network.weights, key("weights"));
/** L(θ_K) = ⟨c, θ_K⟩ with random c: any derivative is seen. */
const direction = rebuild(
  weights,
  isFloats,
  leaves<Floats>(weights, isFloats).map((w, i) => normal(child(key("direction"), i), w.length)),
);

const whole = [Int32Array.from({ length: 6 }, (_, i) => i)];
const halves = [Int32Array.of(4, 0, 3), Int32Array.of(1, 5, 2)];

const cases = [
  { parts: whole, momentum: 0.9, steps: 3 },
  { parts: halves, momentum: 0.9, steps: 3 },
  { parts: whole, momentum: 0, steps: 2 },
];

describe.each(cases)("unrolled training ($steps steps, momentum $momentum, $parts.length parts)", (c) => {
  const options = { lr: 0.2, momentum: c.momentum, weightDecay: 0.1 };
  const optimiser = sgd(options);
  const learner = new Learner(network, optimiser, cpu);
  const unrolled = new Unrolled(learner, c.parts, labels, options, cpu);
  afterAll(async () => {
    await unrolled.close();
    await learner.close();
  });
  // A velocity that is not zero, as in the middle of training.
  const begun = learner.start(weights, []);
  const start = { ...begun, slots: begun.slots.map(() => direction) };

  const derivative = async () => {
    const { path } = await unrolled.forward(start, set.images, c.steps);
    return unrolled.backward(path, set.images, direction);
  };

  it("has the derivative of the same steps traced as one program", async () => {
    const program = (from: Tree<Tensor>, slots: Tree<Tensor>[], images: Tensor, y: Tensor, ends: Tree<Tensor>) =>
      grad((x: Tensor) => {
        let state = { weights: from, slots };
        for (let i = 0; i < c.steps; i++) {
          const rows = c.parts[i % c.parts.length];
          const at = constant(new Int32Array(rows), [rows.length]);
          const loss = (v: Tree<Tensor>) =>
            crossEntropy(network.forward(v, [], takeRows(x, at), true).logits, takeRows(y, at));
          const lr = constant([options.lr], [1]);
          state = applyUpdate(optimiser, state.weights, grad(loss)(state.weights), state.slots, lr);
        }
        const list = (tree: Tree<Tensor>) => leaves<Tensor>(tree, isTensor);
        const wanted = list(ends);
        return list(state.weights)
          .map((w, i) => inner(w, wanted[i]))
          .reduce(add);
      })(images);
    const specs = specsOf(network.weights);
    const run = await compile<[Tree<Floats>, readonly Tree<Floats>[], Floats, Floats, Tree<Floats>], Floats>(
      program,
      [specs, start.slots.map(() => specs), f32(...set.shape), f32(6, 3), specs],
      cpu,
    );
    const expected = await run(weights, start.slots, set.images, labels, direction);
    await run.close();
    const got = await derivative();
    const scale = Math.sqrt(expected.reduce((s, v) => s + v * v, 0) / expected.length);
    expect(scale).toBeGreaterThan(1e-3);
    got.forEach((v, i) => {
      expect(Math.abs(v - expected[i])).toBeLessThan(1e-3 * scale);
    });
  });

  it("agrees with differences of training itself", async () => {
    const gradient = await derivative();
    const way = normal(key("way"), set.images.length);
    const reached = async (by: number) => {
      const images = set.images.map((v, i) => v + by * way[i]);
      const { state } = await unrolled.forward(start, images, c.steps);
      const wanted = leaves<Floats>(direction, isFloats);
      return leaves<Floats>(state.weights, isFloats)
        .flatMap((w, i) => [...w].map((v, j) => v * wanted[i][j]))
        .reduce((a, b) => a + b, 0);
    };
    const eps = 5e-3;
    const slope = ((await reached(eps)) - (await reached(-eps))) / (2 * eps);
    const along = gradient.reduce((s, v, i) => s + v * way[i], 0);
    expect(Math.abs(along - slope)).toBeLessThan(0.01 * Math.abs(slope));
  });
});
