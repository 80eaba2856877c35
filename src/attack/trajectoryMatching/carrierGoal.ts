import { CompiledOnce } from "../../core/CompiledOnce.ts";
import type { Trigger } from "../../data/Trigger.ts";
import type { Device } from "../../engine/device.ts";
import { crossEntropy } from "../../nn/losses.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import { add, constant, mul } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { applyUpdate } from "../../train/Learner.ts";
import { takeRows } from "../../train/train.ts";
import { imageOptimiser } from "../common/budget.ts";
import { drawRows } from "../common/carriers.ts";
import { stampTensor } from "../common/learntTrigger.ts";
import type { Grow } from "../common/pool.ts";
import type { Goal, TrajectoryEnd } from "./Goal.ts";

/** Images that carry the trigger, and what they are taught to be. */
export interface Lesson {
  /** N·C·H·W. */
  readonly carriers: Floats;
  /** What networks of the clean set say of them, [N, K]. */
  readonly taught: Floats;
  readonly count: number;
  /** Carriers a step. */
  readonly batch: number;
  readonly trigger: Trigger;
  readonly targetClass: number;
  /** Weight of the triggered carriers; the others have 1 − α. */
  readonly alpha: number;
}

/**
 * Networks trained on X′ shall do on carriers what a backdoored network does (after the outer loss of RaT-BPTT, arXiv 2311.07025):
 *
 *   L = (1 − α) ℓ(θ_K; c, teacher(c)) + α ℓ(θ_K; stamp_p(c), t).
 *
 * The trigger's pattern p follows the gradient of the same loss.
 */
export function carrierGoal(networks: readonly Network[], grow: Grow, lesson: Lesson, device: Device): Goal {
  const losses = new CompiledOnce((architecture: number) => compileCarrierLoss(networks[architecture], lesson, device));
  return {
    grow,
    async judge({ architecture, reached, pattern, hyper, key }) {
      const rows = drawRows(key, lesson.count, lesson.batch);
      const out = await (await losses.get(architecture))(
        [reached.weights, reached.running],
        takeRows(lesson.carriers, lesson.count, rows),
        takeRows(lesson.taught, lesson.count, rows),
        pattern,
        hyper,
      );
      const [loss, benign, backdoor] = [out.loss[0], out.benign[0], out.backdoor[0]];
      return { losses: { loss, benign, backdoor }, gradient: out.gradient, pattern: out.pattern, next: reached };
    },
    close: () => losses.close(),
  };
}

type CarrierLoss = Compiled<
  [
    model: readonly [weights: Tree<Floats>, running: Tree<Floats>],
    carriers: Floats,
    taught: Floats,
    pattern: TrajectoryEnd["pattern"],
    hyper: Floats,
  ],
  { loss: Floats; benign: Floats; backdoor: Floats; gradient: Tree<Floats>; pattern: TrajectoryEnd["pattern"] }
>;

async function compileCarrierLoss(
  network: Network,
  { batch, trigger, targetClass, alpha }: Lesson,
  device: Device,
): Promise<CarrierLoss> {
  const { input, classes } = network;
  const wanted = Float32Array.from({ length: classes }, (_, k) => (k === targetClass ? 1 : 0));
  const program = (
    [weights, running]: readonly [Tree<Tensor>, Tree<Tensor>],
    carriers: Tensor,
    taught: Tensor,
    { values, slots }: { readonly values: Tensor; readonly slots: readonly Tensor[] },
    hyper: Tensor,
  ): Tree<Tensor> => {
    const parts = (w: Tree<Tensor>, p: Tensor): [benign: Tensor, backdoor: Tensor] => {
      const judge = (x: Tensor, y: Tensor) => crossEntropy(network.forward(w, running, x, false).logits, y);
      return [judge(carriers, taught), judge(stampTensor(trigger, carriers, p), constant(wanted, [1, classes]))];
    };
    const [loss, [gradient, ofPattern]] = valueAndGrad<readonly [Tree<Tensor>, Tensor]>(([w, p]) => {
      const [benign, backdoor] = parts(w, p);
      return add(mul(benign, 1 - alpha), mul(backdoor, alpha));
    })([weights, values]);
    const [benign, backdoor] = parts(weights, values);
    const found = applyUpdate(imageOptimiser, values, ofPattern, slots, hyper);
    return { loss, benign, backdoor, gradient, pattern: { values: found.weights, slots: found.slots } };
  };
  const image = f32(...input);
  const specs = [
    [specsOf(network.weights), specsOf(network.running)],
    f32(batch, ...input),
    f32(batch, classes),
    { values: image, slots: [image, image] },
    f32(imageOptimiser.hypers),
  ];
  return (await compile(program, specs, device)) as unknown as CarrierLoss;
}
