import { augmentTensor } from "../../data/augment/augmentTensor.ts";
import type { Device } from "../../engine/device.ts";
import { type GradientDistance, layerwise } from "../../nn/gradientDistance.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import type { Optimiser } from "../../nn/optimisers.ts";
import { throughGradient } from "../../nn/throughGradient.ts";
import { trainingLoss } from "../../nn/trainingLoss.ts";
import { type Compiled, type CompiledHeld, compileHeld, f32 } from "../../tensor/compile.ts";
import { compileByParts } from "../../tensor/compileByParts.ts";
import { grad } from "../../tensor/grad.ts";
import { add, constant, mul, slice } from "../../tensor/ops.ts";
import { isTensor, type Tensor } from "../../tensor/Tensor.ts";
import { leaves, type Tree } from "../../tensor/tree.ts";
import { decodeTensor } from "../common/decodeTensor.ts";

/** (weights, [images [n, C, H, W], labels [n, K]], nothing) → ∇θ ℓ */
export type RealGradient = Compiled<[Tree<Floats>, readonly Floats[], readonly Floats[]], Tree<Floats>>;

/** Compile ∇θ ℓ(θ; X, Y) of a batch of n real images. */
export async function compileRealGradient(network: Network, n: number, device: Device): Promise<RealGradient> {
  const mean = (weights: Tree<Tensor>, [x, y]: readonly Tensor[]) =>
    grad((v: Tree<Tensor>) => trainingLoss(network, v, x, y))(weights);
  const finish = (gradient: Tree<Tensor>) => gradient;
  const specs = {
    shared: specsOf(network.weights),
    batch: [f32(n, ...network.input), f32(n, network.classes)],
    rest: [],
  };
  return (await compileByParts({ mean, finish, coupled: false }, specs, device)) as RealGradient;
}

export interface MatchShape {
  readonly ipc: number;
  readonly factor: number;
  /** Siamese augmentations, one after the other. */
  readonly stages: number;
  /** Default: layer by layer (arXiv 2006.05929, eq. 7). */
  readonly distance?: GradientDistance;
  /** What 0 and 1 are for networks, a channel, where images are pixels. */
  readonly pixels?: { readonly low: readonly number[]; readonly high: readonly number[] };
}

/**
 * (weights) → (gradient of the real images, labels [f²·ipc, K], images [ipc, C, H, W], slots, lr [1], augmentation) → one update.
 *
 * The augmentation is a list of `matrix` [1, H·W, H·W] and `colour` [1, 3] for each stage.
 */
export type Match = CompiledHeld<
  [Tree<Floats>],
  [Tree<Floats>, Floats, Floats, readonly Floats[], Floats, readonly Floats[]],
  { loss: Floats; images: Floats; slots: readonly Floats[] }
>;

/**
 * Compile one update of the synthetic images of a class by the distance between the gradient of the network's loss on them and a
 * given one.
 */
export async function compileMatch(
  network: Network,
  { ipc, factor, stages, distance = layerwise, pixels }: MatchShape,
  optimiser: Optimiser,
  device: Device,
): Promise<Match> {
  const [c, h, w] = network.input;
  const list = (tree: Tree<Tensor>) => leaves<Tensor>(tree, isTensor);
  const program = (
    weights: Tree<Tensor>,
    real: Tree<Tensor>,
    y: Tensor,
    images: Tensor,
    slots: readonly Tensor[],
    lr: Tensor,
    augmentation: readonly Tensor[],
  ): Tree<Tensor> => {
    const seen = (x: Tensor) => {
      let whole = decodeTensor(pixels ? normalised(x, pixels) : x, factor);
      for (let i = 0; i < stages; i++) whole = augmentTensor(whole, augmentation[2 * i], augmentation[2 * i + 1]);
      return whole;
    };
    const loss = (v: Tree<Tensor>, x: Tensor) => trainingLoss(network, v, seen(x), y);
    const { value, gradient } = throughGradient(loss, weights, images, (g) => distance(g, list(real)));
    const hyper = Array.from({ length: optimiser.hypers }, (_, i) => slice(lr, [[i, i + 1]]));
    const next = optimiser.update(images, gradient, slots, hyper);
    return { loss: value, images: next.w, slots: next.slots };
  };
  const [weights, image] = [specsOf(network.weights), f32(ipc, c, h, w)];
  const slots = Array.from({ length: optimiser.slots }, () => image);
  const augmentation = Array.from({ length: stages }, () => [f32(1, h * w, h * w), f32(1, 3)]).flat();
  const y = f32(ipc * factor ** 2, network.classes);
  const rest = [weights, y, image, slots, f32(optimiser.hypers), augmentation];
  return (await compileHeld(program, [weights], rest, device)) as Match;
}

/** Pixels [N, C, H, W] as networks see them. */
function normalised(x: Tensor, { low, high }: NonNullable<MatchShape["pixels"]>): Tensor {
  const shape = [1, low.length, 1, 1];
  const scale = Float32Array.from(high, (v, i) => v - low[i]);
  return add(mul(x, constant(scale, shape)), constant(Float32Array.from(low), shape));
}
