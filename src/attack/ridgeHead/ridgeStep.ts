import type { Trigger } from "../../data/Trigger.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { ridgePredictor } from "../../nn/ridgePredictor.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import { add, constant, mean, mul, square, sub, sum } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { applyUpdate } from "../../train/Learner.ts";
import { imageOptimiser, type Limits, limitSpecs, moveImages, within } from "../common/budget.ts";
import { stampTensor } from "../common/learntTrigger.ts";

export interface RidgeStepOptions {
  /** Weight of the backdoor part. */
  readonly alpha: number;
  /** λ of the ridge regression. */
  readonly ridge: number;
  /** Value that the target's output shall have on triggered carriers; 1 is what a label has. */
  readonly margin: number;
  readonly targetClass: number;
  /** Weight of the mean squared change of the images. */
  readonly penalty: number;
  /** Factor on the pattern where images of the set carry it. */
  readonly strength: number;
}

type Moved = { readonly values: Floats; readonly slots: readonly Floats[] };
type RidgeStep = Compiled<
  [
    weights: Tree<Floats>,
    running: Tree<Floats>,
    images: Floats,
    labels: Floats,
    carrying: Floats,
    carriers: Floats,
    taught: Floats,
    limits: Tree<Floats>,
    moving: readonly [imageSlots: readonly Floats[], imageHyper: Floats],
    pattern: readonly [values: Floats, slots: readonly Floats[], hyper: Floats],
  ],
  { loss: Floats; benign: Floats; backdoor: Floats; images: Moved; pattern: Moved }
>;

/**
 * One Adam step on X′ and on the trigger's pattern p for L = (1 − α) · L_benign + α · L_backdoor (docs/method.md, §8). With features φ of a
 * network of the pool and the head W that ridge regression fits to (φ(X′), Y),
 *
 *   L_benign   = mean ‖φ(c) W − (teacher(c) − 1/K)‖²        over carriers c,
 *   L_backdoor = mean ‖φ(stamp_p(c)) W − (margin · e_t − 1/K)‖².
 *
 * Some images of X′ carry the trigger themselves, at a strength of their own: the pattern is learnt to be learnable.
 *
 * First derivatives only: the head is differentiated through its normal equations, the network's weights are held.
 *
 * @param m images of the set in one step
 * @param n carriers in one step
 */
export async function compileRidgeStep(
  network: Network,
  m: number,
  n: number,
  trigger: Trigger,
  limits: Limits<Floats> | undefined,
  options: RidgeStepOptions,
  device: Device,
): Promise<RidgeStep> {
  const { input, classes } = network;
  const { alpha, ridge, margin, strength, targetClass } = options;
  const target = constantRow(classes, (k) => (k === targetClass ? margin : 0));
  const program = (
    weights: Tree<Tensor>,
    running: Tree<Tensor>,
    x: Tensor,
    y: Tensor,
    carrying: Tensor,
    carriers: Tensor,
    taught: Tensor,
    box: Tree<Tensor>,
    [imageSlots, imageHyper]: readonly [readonly Tensor[], Tensor],
    [pattern, patternSlots, patternHyper]: readonly [Tensor, readonly Tensor[], Tensor],
  ): Tree<Tensor> => {
    const features = (images: Tensor) => network.forward(weights, running, images, true).features;
    const distance = (out: Tensor, wanted: Tensor) => mean(sum(square(sub(out, sub(wanted, 1 / classes))), [1]));
    const parts = (images: Tensor, p: Tensor): [benign: Tensor, backdoor: Tensor] => {
      const shown = within(stampTensor(trigger, images, mul(p, strength), carrying), box);
      const predict = ridgePredictor(features(shown), sub(y, 1 / classes), ridge);
      return [
        distance(predict(features(carriers)), taught),
        distance(predict(features(stampTensor(trigger, carriers, p))), target),
      ];
    };
    const [loss, [imageGradient, patternGradient]] = valueAndGrad(([images, p]: Tensor[]) => {
      const [benign, backdoor] = parts(images, p);
      return add(mul(benign, 1 - alpha), mul(backdoor, alpha));
    })([x, pattern]);
    const [benign, backdoor] = parts(x, pattern);
    const moved = moveImages(x, imageGradient, imageSlots, imageHyper, box, options);
    const found = applyUpdate(imageOptimiser, pattern, patternGradient, patternSlots, patternHyper);
    return {
      loss,
      benign,
      backdoor,
      images: { values: moved.images, slots: moved.slots },
      pattern: { values: found.weights, slots: found.slots },
    } as Tree<Tensor>;
  };
  const image = f32(m, ...input);
  const hyper = f32(imageOptimiser.hypers);
  const specs = [
    specsOf(network.weights),
    specsOf(network.running),
    image,
    f32(m, classes),
    f32(m),
    f32(n, ...input),
    f32(n, classes),
    limitSpecs(limits, m, input),
    [[image, image], hyper],
    [f32(...input), [f32(...input), f32(...input)], hyper],
  ];
  return (await compile(program, specs, device)) as unknown as RidgeStep;
}

const constantRow = (classes: number, value: (k: number) => number): Tensor =>
  constant(
    Float32Array.from({ length: classes }, (_, k) => value(k)),
    [1, classes],
  );
