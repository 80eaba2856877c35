import { CompiledOnce } from "../core/CompiledOnce.ts";
import { Holder } from "../core/closable.ts";
import type { Device } from "../engine/device.ts";
import { type Floats, type Network, specsOf, zerosLike } from "../nn/Network.ts";
import { trainingLoss } from "../nn/trainingLoss.ts";
import { type Compiled, compile, f32 } from "../tensor/compile.ts";
import { jvp, valueAndGrad } from "../tensor/grad.ts";
import { add, mul, stopGradient, sub } from "../tensor/ops.ts";
import { isTensor, type Tensor } from "../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../tensor/tree.ts";
import type { Learner, LearnerState } from "./Learner.ts";
import type { Batch } from "./train.ts";

/** What a step read: the weights before it, the images as it saw them and their labels. */
export interface Visited extends Batch {
  readonly weights: Tree<Floats>;
}

export interface UnrolledOptions {
  readonly momentum: number;
  readonly weightDecay: number;
  /** Differentiate by the labels too. */
  readonly labels?: boolean;
  /** Hold the weights that every step begins with: what a step changes in later gradients counts nothing (arXiv 2211.10586). */
  readonly held?: boolean;
}

/** What a loss at the end of the way says of one step of it. */
export interface StepDerivatives {
  /** By the images, [n, C, H, W]. */
  readonly images: Floats;
  /** By the labels, [n, K]; empty unless asked for. */
  readonly labels: Floats;
  /** ⟨∇ℓ, u⟩: of plain SGD the derivative by the step's learning rate, times that rate. */
  readonly slope: number;
}

type Adjoint = Compiled<
  [weights: Tree<Floats>, x: Floats, y: Floats, toWeights: Tree<Floats>, toVelocity: Tree<Floats>, lr: Floats],
  {
    toWeights: Tree<Floats>;
    toVelocity: Tree<Floats>;
    images: Floats;
    labels: readonly Floats[];
    slope: Floats;
  }
>;

/** Training, a few steps at a time, and the derivative of what it reaches with respect to what it was shown. */
export class Unrolled extends Holder {
  private readonly learner: Learner;
  private readonly adjoints: CompiledOnce<[images: number], Adjoint>;

  /** @param learner plain SGD with the options' momentum and weight decay */
  constructor(learner: Learner, options: UnrolledOptions, device: Device) {
    super();
    this.learner = learner;
    this.adjoints = new CompiledOnce((n) => compileAdjoint(learner.network, n, options, device));
  }

  /** Train for so many steps, and remember the way. */
  async forward(
    from: LearnerState,
    steps: number,
    shown: (step: number, state: LearnerState) => Batch,
    lr: number,
  ): Promise<{ state: LearnerState; path: Visited[] }> {
    const path: Visited[] = [];
    let state = from;
    for (let i = 0; i < steps; i++) {
      const { x, y } = shown(i, state);
      path.push({ weights: state.weights, x, y });
      state = (await this.learner.step(state, x, y, lr)).state;
    }
    return { state, path };
  }

  /**
   * Derivatives of a loss L(θ_K) of the weights at the end of a path, given ∂L/∂θ_K; the path's start is held.
   *
   * @param take is told those of each step, the last step first
   */
  async backward(
    path: readonly Visited[],
    lr: number,
    gradient: Tree<Floats>,
    take: (step: number, derivatives: StepDerivatives) => void,
  ): Promise<void> {
    const rate = Float32Array.of(lr);
    let [toWeights, toVelocity] = [gradient, zerosLike(gradient)];
    for (let i = path.length - 1; i >= 0; i--) {
      const { weights, x, y } = path[i];
      const step = await this.adjoints.get(y.length / this.learner.network.classes);
      const back = await step(weights, x, y, toWeights, toVelocity, rate);
      ({ toWeights, toVelocity } = back);
      take(i, { images: back.images, labels: back.labels[0] ?? new Float32Array(0), slope: back.slope[0] });
    }
  }

  close(): Promise<void> {
    return this.adjoints.close();
  }
}

/**
 * The vector-Jacobian product of one training step v′ = μ v + ∇ℓ(θ; X) + γ θ, θ′ = θ − η v′. With λ the derivatives of L with
 * respect to what a step gives and u = λ_v − η λ_θ,
 *
 *   λ_θ ← λ_θ + γ u + H u,   λ_v ← μ u,   ∂L/∂X += ∂/∂X ⟨∇ℓ(θ; X), u⟩,
 *
 * where H u = ∂/∂θ ⟨∇ℓ, u⟩: one gradient over (θ, X) of the derivative of ℓ along u. A graph of one step serves any number of
 * steps. Held weights leave H u out.
 */
async function compileAdjoint(
  network: Network,
  n: number,
  { momentum, weightDecay, labels = false, held = false }: UnrolledOptions,
  device: Device,
): Promise<Adjoint> {
  const program = (
    weights: Tree<Tensor>,
    x: Tensor,
    y: Tensor,
    toWeights: Tree<Tensor>,
    toVelocity: Tree<Tensor>,
    lr: Tensor,
  ): Tree<Tensor> => {
    const list = (tree: Tree<Tensor>) => leaves<Tensor>(tree, isTensor);
    const tree = (values: readonly Tensor[]) => rebuild(weights, isTensor, values);
    const [ofWeights, ofVelocity] = [list(toWeights), list(toVelocity)];
    const u = ofVelocity.map((v, i) => sub(v, mul(ofWeights[i], lr)));
    const along = tree(u.map(stopGradient));
    type Shown = readonly [Tree<Tensor>, Tensor, readonly Tensor[]];
    const slopeOf = ([w, images, [own = y]]: Shown) =>
      jvp((v: Tree<Tensor>) => trainingLoss(network, v, images, own), w, along)[1];
    const by: Shown = [held ? [] : weights, x, labels ? [y] : []];
    const [slope, [curved, ofImages, ofLabels]] = valueAndGrad<Shown>(([w, ...shown]) =>
      slopeOf([held ? weights : w, ...shown]),
    )(by);
    const hu = list(curved);
    return {
      toWeights: tree(ofWeights.map((w, i) => add(w, decayed(u[i], weightDecay, hu[i])))),
      toVelocity: tree(u.map((v) => mul(v, momentum))),
      images: ofImages,
      labels: ofLabels,
      slope,
    };
  };
  const weights = specsOf(network.weights);
  const specs = [weights, f32(n, ...network.input), f32(n, network.classes), weights, weights, f32(1)];
  return (await compile(program, specs, device)) as unknown as Adjoint;
}

/** γ u + H u; without H u where the weights are held. */
const decayed = (u: Tensor, weightDecay: number, hu: Tensor | undefined): Tensor =>
  hu === undefined ? mul(u, weightDecay) : add(mul(u, weightDecay), hu);
