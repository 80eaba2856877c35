import { CompiledOnce } from "../../core/CompiledOnce.ts";
import { Holder } from "../../core/closable.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, type Network, specsOf, zerosLike } from "../../nn/Network.ts";
import { trainingLoss } from "../../nn/trainingLoss.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { grad, jvp } from "../../tensor/grad.ts";
import { add, mul, stopGradient, sub } from "../../tensor/ops.ts";
import { isTensor, type Tensor } from "../../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";
import { rowsOf } from "../common/parts.ts";
import type { SurrogateOptions } from "../common/surrogate.ts";

/** The weights before a step and the rows of the set that it read. */
export interface Visited {
  readonly weights: Tree<Floats>;
  readonly rows: Int32Array;
}

type Adjoint = Compiled<
  [weights: Tree<Floats>, images: Floats, labels: Floats, toWeights: Tree<Floats>, toVelocity: Tree<Floats>],
  { toWeights: Tree<Floats>; toVelocity: Tree<Floats>; images: Floats }
>;

/** Training on a set, a few steps at a time, and the derivative of what it reaches with respect to the images. */
export class Unrolled extends Holder {
  private readonly learner: Learner;
  private readonly parts: readonly Int32Array[];
  private readonly labels: Floats;
  private readonly options: SurrogateOptions;
  private readonly adjoints: CompiledOnce<[images: number], Adjoint>;

  /**
   * @param learner plain SGD with the options' momentum and weight decay
   * @param parts rows of the set that the steps read in turn
   * @param labels Y [M, K]
   */
  constructor(
    learner: Learner,
    parts: readonly Int32Array[],
    labels: Floats,
    options: SurrogateOptions,
    device: Device,
  ) {
    super();
    this.learner = learner;
    this.parts = parts;
    this.labels = labels;
    this.options = options;
    this.adjoints = new CompiledOnce((n) => compileAdjoint(learner.network, n, options, device));
  }

  /** Train on the images [M, C, H, W] for so many steps, and remember the way. */
  async forward(from: LearnerState, images: Floats, steps: number): Promise<{ state: LearnerState; path: Visited[] }> {
    const path: Visited[] = [];
    const m = this.size;
    let state = from;
    for (let i = 0; i < steps; i++) {
      const rows = this.parts[state.step % this.parts.length];
      path.push({ weights: state.weights, rows });
      const [x, y] = [rowsOf(images, rows, m), rowsOf(this.labels, rows, m)];
      state = (await this.learner.step(state, x, y, this.options.lr)).state;
    }
    return { state, path };
  }

  /**
   * ∂L/∂X of a loss L(θ_K) of the weights at the end of the path, given ∂L/∂θ_K; the path's start is held.
   *
   * @returns [M, C, H, W]
   */
  async backward(path: readonly Visited[], images: Floats, gradient: Tree<Floats>): Promise<Floats> {
    const m = this.size;
    const out = new Float32Array(images.length);
    const width = images.length / m;
    let [toWeights, toVelocity] = [gradient, zerosLike(gradient)];
    for (const { weights, rows } of path.toReversed()) {
      const step = await this.adjoints.get(rows.length);
      const back = await step(weights, rowsOf(images, rows, m), rowsOf(this.labels, rows, m), toWeights, toVelocity);
      ({ toWeights, toVelocity } = back);
      rows.forEach((row, i) => {
        for (let j = 0; j < width; j++) out[row * width + j] += back.images[i * width + j];
      });
    }
    return out;
  }

  close(): Promise<void> {
    return this.adjoints.close();
  }

  private get size(): number {
    return this.labels.length / this.learner.network.classes;
  }
}

/**
 * The vector-Jacobian product of one training step v′ = μ v + ∇ℓ(θ; X) + γ θ, θ′ = θ − η v′. With λ the derivatives of L with
 * respect to what a step gives and u = λ_v − η λ_θ,
 *
 *   λ_θ ← λ_θ + γ u + H u,   λ_v ← μ u,   ∂L/∂X += ∂/∂X ⟨∇ℓ(θ; X), u⟩,
 *
 * where H u = ∂/∂θ ⟨∇ℓ, u⟩: one gradient over (θ, X) of the derivative of ℓ along u. A graph of one step serves any number of steps.
 */
async function compileAdjoint(
  network: Network,
  n: number,
  { lr, momentum, weightDecay }: SurrogateOptions,
  device: Device,
): Promise<Adjoint> {
  const program = (
    weights: Tree<Tensor>,
    images: Tensor,
    labels: Tensor,
    toWeights: Tree<Tensor>,
    toVelocity: Tree<Tensor>,
  ): Tree<Tensor> => {
    const list = (tree: Tree<Tensor>) => leaves<Tensor>(tree, isTensor);
    const tree = (values: readonly Tensor[]) => rebuild(weights, isTensor, values);
    const [ofWeights, ofVelocity] = [list(toWeights), list(toVelocity)];
    const u = ofVelocity.map((v, i) => sub(v, mul(ofWeights[i], lr)));
    const along = tree(u.map(stopGradient));
    const slope = ([w, x]: readonly [Tree<Tensor>, Tensor]) =>
      jvp((v: Tree<Tensor>) => trainingLoss(network, v, x, labels), w, along)[1];
    const [curved, ofImages] = grad<readonly [Tree<Tensor>, Tensor]>(slope)([weights, images]);
    const hu = list(curved);
    return {
      toWeights: tree(ofWeights.map((w, i) => add(w, add(mul(u[i], weightDecay), hu[i])))),
      toVelocity: tree(u.map((x) => mul(x, momentum))),
      images: ofImages,
    };
  };
  const weights = specsOf(network.weights);
  const specs = [weights, f32(n, ...network.input), f32(n, network.classes), weights, weights];
  return (await compile(program, specs, device)) as unknown as Adjoint;
}
