import { closable } from "../src/core/closable.ts";
import { key } from "../src/core/random.ts";
import type { Device } from "../src/engine/device.ts";
import { cosine } from "../src/nn/gradientDistance.ts";
import { crossEntropy } from "../src/nn/losses.ts";
import { type Floats, initialise, specsOf, zerosLike } from "../src/nn/Network.ts";
import { convNet } from "../src/nn/networks/convNet.ts";
import { sgd } from "../src/nn/optimisers.ts";
import { type Compiled, compileHeld, f32 } from "../src/tensor/compile.ts";
import { compileByParts } from "../src/tensor/compileByParts.ts";
import { grad, jvp, valueAndGrad } from "../src/tensor/grad.ts";
import { add, div, mul, reciprocal, sqrt, stopGradient, sub } from "../src/tensor/ops.ts";
import { isTensor, type Tensor } from "../src/tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../src/tensor/tree.ts";
import { applyUpdate } from "../src/train/Learner.ts";

/** The programs that are timed; what they do is said at `peers/torch_steps.py`, which does the same. */
export const stepNames = ["train", "match", "matchTangent"] as const;
export type StepName = (typeof stepNames)[number];

export interface Setting {
  readonly width: number;
  readonly batch: number;
  readonly channels: number;
}

export interface Program {
  load(target: Device): Promise<Compiled<Tree<Floats>[], Tree<Floats>>>;
  readonly args: Tree<Floats>[];
}

type Weights = Tree<Tensor>;
const ALPHA = 0.6;
const list = (tree: Weights): Tensor[] => leaves<Tensor>(tree, isTensor);

/** One step of `name` with arguments to run it on. */
export function program(name: StepName, { width, batch, channels }: Setting): Program {
  const size = channels === 1 ? 28 : 32;
  const net = convNet({ channels, size, classes: 10 }, { width });
  const loss = (w: Weights, x: Tensor, y: Tensor) => crossEntropy(net.forward(w, [], x, true).logits, y);
  const pixels = batch * channels * size * size;
  const x = Float32Array.from({ length: pixels }, (_, i) => Math.sin(i * 1.3 + ((i * i) % 7)));
  const y = Float32Array.from({ length: batch * 10 }, (_, i) => (i % 10 === Math.floor(i / 10) % 10 ? 1 : 0));
  const weights = initialise(net.weights, key(1));
  const [ws, xs, ys] = [specsOf(net.weights), f32(batch, channels, size, size), f32(batch, 10)];

  if (name === "train") {
    const mean = (w: Weights, [images, labels]: Tensor[]) => valueAndGrad((v: Weights) => loss(v, images, labels))(w);
    const optimiser = sgd({ momentum: 0.9, weightDecay: 5e-4 });
    const finish = ([value, gradient]: [Tensor, Weights], w: Weights, [momentum, hyper]: [Weights, Tensor]) => {
      const next = applyUpdate(optimiser, w, gradient, [momentum], hyper);
      return [value, next.weights, next.slots[0]];
    };
    return {
      load: (target) =>
        compileByParts({ mean, finish, coupled: false }, { shared: ws, batch: [xs, ys], rest: [ws, f32(1)] }, target),
      args: [weights, [x, y], [zerosLike(weights), Float32Array.of(0.01)]],
    };
  }

  /** (1 − α) (1 − cos(g, real)) + α (1 − cos(g, backdoor)) */
  const hybrid = (g: Tensor[], real: Weights, backdoor: Weights) =>
    add(mul(cosine(g, list(real)), 1 - ALPHA), mul(cosine(g, list(backdoor)), ALPHA));
  const gradient = (w: Weights, images: Tensor, labels: Tensor) => grad((v: Weights) => loss(v, images, labels))(w);
  const reverse = (w: Weights, real: Weights, backdoor: Weights, images: Tensor, labels: Tensor): [Tensor, Tensor] =>
    valueAndGrad((v: Tensor) => hybrid(list(gradient(w, v, labels)), real, backdoor))(images);
  // The loss depends on the images through the gradient alone: its derivative is that of ⟨gradient, u⟩ with u held.
  const tangent = (w: Weights, real: Weights, backdoor: Weights, images: Tensor, labels: Tensor): [Tensor, Tensor] => {
    const [value, u] = valueAndGrad((g: Weights) => hybrid(list(g), real, backdoor))(gradient(w, images, labels));
    const held = rebuild<Tensor, Tensor>(w, isTensor, list(u).map(stopGradient));
    return [value, grad((v: Tensor) => jvp((p: Weights) => loss(p, v, labels), w, held)[1])(images)];
  };
  const matching = name === "match" ? reverse : tangent;
  // Adam on the images; `t` holds 1 − β₁ᵗ and 1 − β₂ᵗ.
  const f = (
    w: Weights,
    real: Weights,
    back: Weights,
    labels: Tensor,
    images: Tensor,
    m: Tensor,
    v: Tensor,
    t: Tensor[],
  ) => {
    const [value, g] = matching(w, real, back, images, labels);
    const m2 = add(mul(m, 0.9), mul(g, 0.1));
    const v2 = add(mul(v, 0.999), mul(mul(g, g), 0.001));
    const step = div(mul(m2, mul(reciprocal(t[0]), 0.1)), add(sqrt(mul(v2, reciprocal(t[1]))), 1e-8));
    return [value, sub(images, step), m2, v2];
  };
  const [real, backdoor] = [initialise(net.weights, key(2)), initialise(net.weights, key(3))];
  const still = new Float32Array(pixels);
  return {
    // As the attack does it: what follows from the network and the given gradients alone is computed once.
    load: async (target) => {
      const program = await compileHeld<Tree<Floats>[], Tree<Floats>[], Tree<Floats>>(
        f,
        [ws, ws, ws, ys],
        [xs, xs, xs, [f32(1), f32(1)]],
        target,
      );
      const step = await program.hold(weights, real, backdoor, y);
      return Object.assign(
        step,
        closable(() => program.close()),
      );
    },
    args: [x, still, still, [Float32Array.of(0.1), Float32Array.of(0.001)]],
  };
}
