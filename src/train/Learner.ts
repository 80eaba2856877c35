import { closeAll, Holder } from "../core/closable.ts";
import { UsageError } from "../core/errors.ts";
import type { Device } from "../engine/device.ts";
import { crossEntropy, type DistillationOptions, distillationLoss, squaredError } from "../nn/losses.ts";
import { type Floats, isParamSpec, type Network, type ParamSpec, specsOf, zerosLike } from "../nn/Network.ts";
import type { Optimiser } from "../nn/optimisers.ts";
import { type Compiled, type CompiledHeld, compileHeld, f32 } from "../tensor/compile.ts";
import { compileByParts } from "../tensor/compileByParts.ts";
import { valueAndGrad } from "../tensor/grad.ts";
import { reshape, slice } from "../tensor/ops.ts";
import { isTensor, type Tensor } from "../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../tensor/tree.ts";

/** Everything that training changes. Plain arrays: a checkpoint as it stands. */
export interface LearnerState {
  readonly weights: Tree<Floats>;
  readonly running: Tree<Floats>;
  /** Optimiser slots, each in the structure of `weights`. */
  readonly slots: readonly Tree<Floats>[];
  /** Steps since the slots were zero. */
  readonly step: number;
}

/** Learning from another network besides the labels (knowledge distillation). */
export interface KnowledgeDistillation extends DistillationOptions {
  readonly teacher: Learner;
  /** The teacher's weights; without them it is trained on the student's set first. */
  readonly weights?: Pick<LearnerState, "weights" | "running">;
}

type Step = Compiled<
  [[Tree<Floats>, Tree<Floats>], readonly Floats[], [readonly Tree<Floats>[], Floats]],
  { loss: Floats; weights: Tree<Floats>; running: Tree<Floats>; slots: readonly Tree<Floats>[] }
>;
export type Prediction = { readonly logits: Floats; readonly features: Floats };
export type LearntWeights = Pick<LearnerState, "weights" | "running">;
type Predict = CompiledHeld<[Tree<Floats>, Tree<Floats>], [Floats], Prediction>;

/** What a network learns by. */
export type Loss = "cross-entropy" | "squared";

/** One network with one optimiser, compiled for the batch sizes it meets. Serves any number of weights. */
export class Learner extends Holder {
  readonly network: Network;
  readonly optimiser: Optimiser;
  readonly distillation: KnowledgeDistillation | undefined;
  readonly device: Device;
  readonly loss: Loss;
  private readonly steps = new Map<number, Promise<Step>>();
  private readonly predictors = new Map<number, Promise<Predict>>();

  /** @param loss of the labels, where there is no teacher */
  constructor(
    network: Network,
    optimiser: Optimiser,
    device: Device,
    distillation?: KnowledgeDistillation,
    loss: Loss = "cross-entropy",
  ) {
    super();
    this.network = network;
    this.optimiser = optimiser;
    this.distillation = distillation;
    this.device = device;
    this.loss = loss;
  }

  start(weights: Tree<Floats>, running: Tree<Floats>): LearnerState {
    return { weights, running, slots: this.freshSlots(weights), step: 0 };
  }

  freshSlots(weights: Tree<Floats>): Tree<Floats>[] {
    return Array.from({ length: this.optimiser.slots }, () => zerosLike(weights));
  }

  /**
   * One optimiser step on one batch.
   *
   * @param x N·C·H·W images, normalised
   * @param y N·K target probabilities; centred labels for the squared loss
   * @param taught N·K logits of the teacher on these images, where there is one
   */
  async step(
    state: LearnerState,
    x: Floats,
    y: Floats,
    lr: number,
    taught?: Floats,
  ): Promise<{ state: LearnerState; loss: number }> {
    const n = y.length / this.network.classes;
    const run = await this.stepFor(n);
    const hyper = Float32Array.from(this.optimiser.hyper(state.step, lr));
    const batch = taught ? [x, y, taught] : [x, y];
    const out = await run([state.weights, state.running], batch, [state.slots, hyper]);
    const { weights, running, slots } = out;
    return { loss: out.loss[0], state: { weights, running, slots, step: state.step + 1 } };
  }

  /** Logits [N, K] and penultimate features [N, D] in evaluation mode. */
  predict(state: LearntWeights, x: Floats): Promise<Prediction> {
    return this.predictor(state)(x);
  }

  /** The same for many batches: what follows from the weights alone is computed once. The weights are not copied: leave them as they are. */
  predictor({ weights, running }: LearntWeights): (x: Floats) => Promise<Prediction> {
    const [c, h, w] = this.network.input;
    const ready = new Map<number, Promise<(x: Floats) => Promise<Prediction>>>();
    return async (x) => {
      const n = x.length / (c * h * w);
      if (!Number.isInteger(n))
        throw new UsageError(
          `${this.network.name}: invalid images: expected [N, ${c}, ${h}, ${w}], got ${x.length} numbers`,
        );
      let answer = ready.get(n);
      if (!answer) {
        answer = this.predictionFor(n).then(({ hold }) => hold(weights, running));
        ready.set(n, answer);
      }
      return (await answer)(x);
    };
  }

  /** Free every compiled graph. */
  async close(): Promise<void> {
    const all = [...this.steps.values(), ...this.predictors.values()];
    this.steps.clear();
    this.predictors.clear();
    await closeAll(this.distillation ? [...all, this.distillation.teacher] : all);
  }

  private predictionFor(n: number): Promise<Predict> {
    let program = this.predictors.get(n);
    if (!program) {
      program = compilePrediction(this.network, n, this.device);
      this.predictors.set(n, program);
    }
    return program;
  }

  private stepFor(n: number): Promise<Step> {
    let run = this.steps.get(n);
    if (!run) {
      run = compileStep(this, n);
      this.steps.set(n, run);
    }
    return run;
  }
}

async function compilePrediction(network: Network, n: number, device: Device): Promise<Predict> {
  const forward = (weights: Tree<Tensor>, running: Tree<Tensor>, images: Tensor) => {
    const { logits, features } = network.forward(weights, running, images, false);
    return { logits, features };
  };
  const held = [specsOf(network.weights), specsOf(network.running)];
  return (await compileHeld(forward, held, [f32(n, ...network.input)], device)) as unknown as Predict;
}

async function compileStep(
  { network, optimiser, distillation, loss: kind, device }: Learner,
  n: number,
): Promise<Step> {
  const [c, h, w] = network.input;
  const weights = specsOf(network.weights);
  const statistics = leaves<ParamSpec>(network.running, isParamSpec).length > 0;
  const lossOf = kind === "squared" ? squaredError : crossEntropy;
  const mean = ([ws, rs]: [Tree<Tensor>, Tree<Tensor>], [x, y, taught]: readonly Tensor[]) => {
    const [loss, gradient] = valueAndGrad((v: Tree<Tensor>) => {
      const { logits } = network.forward(v, rs, x, true);
      return distillation ? distillationLoss(logits, y, taught, distillation) : lossOf(logits, y);
    })(ws);
    // Traced a second time for the statistics only; the engine keeps one copy of equal work.
    return { loss, gradient, running: statistics ? network.forward(ws, rs, x, true).running : rs };
  };
  const finish = (
    { loss, gradient, running }: { loss: Tensor; gradient: Tree<Tensor>; running: Tree<Tensor> },
    [ws]: [Tree<Tensor>],
    [ss, hyper]: [readonly Tree<Tensor>[], Tensor],
  ): Tree<Tensor> => {
    const next = applyUpdate(optimiser, ws, gradient, ss, hyper);
    return { loss, weights: next.weights, running, slots: next.slots };
  };
  const answers = f32(n, network.classes);
  const specs = {
    shared: [weights, specsOf(network.running)],
    batch: [f32(n, c, h, w), answers, ...(distillation ? [answers] : [])],
    rest: [Array.from({ length: optimiser.slots }, () => weights), f32(optimiser.hypers)],
  };
  return (await compileByParts({ mean, finish, coupled: statistics }, specs, device)) as Step;
}

/** One optimiser step for a whole tree, inside a traced program. `hyper` is a vector. */
export function applyUpdate(
  optimiser: Optimiser,
  weights: Tree<Tensor>,
  gradient: Tree<Tensor>,
  slots: readonly Tree<Tensor>[],
  hyper: Tensor,
): { weights: Tree<Tensor>; slots: Tree<Tensor>[] } {
  const numbers = Array.from({ length: optimiser.hypers }, (_, i) => reshape(slice(hyper, [[i, i + 1]]), []));
  const list = (tree: Tree<Tensor>) => leaves<Tensor>(tree, isTensor);
  const [ws, gs, ss] = [list(weights), list(gradient), slots.map(list)];
  const results = ws.map((w, i) =>
    optimiser.update(
      w,
      gs[i],
      ss.map((s) => s[i]),
      numbers,
    ),
  );
  return {
    weights: rebuild(
      weights,
      isTensor,
      results.map((r) => r.w),
    ),
    slots: slots.map((_, k) =>
      rebuild(
        weights,
        isTensor,
        results.map((r) => r.slots[k]),
      ),
    ),
  };
}
