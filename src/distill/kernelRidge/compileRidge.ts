import type { Device } from "../../engine/device.ts";
import { squaredError } from "../../nn/losses.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { adam } from "../../nn/optimisers.ts";
import { ridgePredictor } from "../../nn/ridgePredictor.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { compileByParts } from "../../tensor/compileByParts.ts";
import { grad, valueAndGrad } from "../../tensor/grad.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { applyUpdate } from "../../train/Learner.ts";

export interface RidgeShape {
  /** Images of the set. */
  readonly m: number;
  /** Real images of a step. */
  readonly n: number;
  /** λ, relative to the mean square norm of a feature vector. */
  readonly ridge: number;
}

/** (weights, images [m, C, H, W], labels [m, K], real images [n, C, H, W], theirs [n, K]) → loss and its derivatives by the first two. */
export type RidgeSlopes = Compiled<
  [weights: Tree<Floats>, x: Floats, y: Floats, real: Floats, wanted: Floats],
  { loss: Floats; images: Floats; labels: Floats }
>;

/**
 * Compile what the set is judged by: the linear head that ridge regression fits to the set's features and labels, on real images
 * (arXiv 2206.00719, eq. 5).
 */
export async function compileRidgeSlopes(
  network: Network,
  { m, n, ridge }: RidgeShape,
  device: Device,
): Promise<RidgeSlopes> {
  const program = (weights: Tree<Tensor>, x: Tensor, y: Tensor, real: Tensor, wanted: Tensor): Tree<Tensor> => {
    const features = (images: Tensor) => network.forward(weights, [], images, true).features;
    const others = features(real);
    const judged = ([images, labels]: Tensor[]) =>
      squaredError(ridgePredictor(features(images), labels, ridge)(others), wanted);
    const [loss, [ofImages, ofLabels]] = valueAndGrad(judged)([x, y]);
    return { loss, images: ofImages, labels: ofLabels };
  };
  const { input, classes } = network;
  const specs = [specsOf(network.weights), f32(m, ...input), f32(m, classes), f32(n, ...input), f32(n, classes)];
  return (await compile(program, specs, device)) as unknown as RidgeSlopes;
}

/** (weights, [images [m, C, H, W], labels [m, K]], [slots, Adam's numbers]) → weights and slots after a step. */
export type OnlineStep = Compiled<
  [weights: Tree<Floats>, batch: readonly Floats[], rest: readonly [readonly Tree<Floats>[], Floats]],
  { weights: Tree<Floats>; slots: readonly Tree<Floats>[] }
>;

export const onlineOptimiser = adam();

/** Compile a step of a network of the pool on the set: half the mean squared error, Adam. */
export async function compileOnlineStep(network: Network, m: number, device: Device): Promise<OnlineStep> {
  const mean = (weights: Tree<Tensor>, [x, y]: readonly Tensor[]) =>
    grad((v: Tree<Tensor>) => squaredError(network.forward(v, [], x, true).logits, y))(weights);
  const finish = (
    gradient: Tree<Tensor>,
    weights: Tree<Tensor>,
    [slots, hyper]: readonly [readonly Tree<Tensor>[], Tensor],
  ): Tree<Tensor> => applyUpdate(onlineOptimiser, weights, gradient, slots, hyper);
  const shared = specsOf(network.weights);
  const batch = [f32(m, ...network.input), f32(m, network.classes)];
  const specs = { shared, batch, rest: [[shared, shared], f32(3)] };
  return (await compileByParts({ mean, finish, coupled: false }, specs, device)) as OnlineStep;
}
