import { augmentTensor } from "../../data/augment/augmentTensor.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import type { Optimiser } from "../../nn/optimisers.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import { matmul, mean, slice, square, sub, sum } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { decodeTensor } from "../common/decodeTensor.ts";

/** What is averaged over the images of a class: x [N, C, H, W] → [N, D]. */
export type Embed = (network: Network, weights: Tree<Tensor>, x: Tensor) => Tensor;

/** What the last layer reads (arXiv 2110.04181). */
export const features: Embed = (network, weights, x) => network.forward(weights, [], x, true).features;

/** Weighted sum of embeddings: (weights, images [B, C, H, W], share of each image [1, B]) → [1, D]. */
export type Embedding = Compiled<[Tree<Floats>, Floats, Floats], Floats>;

/** Compile Σ_b share_b · φ(x_b) for batches of n images, forward only. Images with share 0 fill a batch up. */
export async function compileEmbedding(
  network: Network,
  n: number,
  device: Device,
  embed: Embed = features,
): Promise<Embedding> {
  const [c, h, w] = network.input;
  const program = (weights: Tree<Tensor>, x: Tensor, share: Tensor) => matmul(share, embed(network, weights, x));
  return (await compile(program, [specsOf(network.weights), f32(n, c, h, w), f32(1, n)], device)) as Embedding;
}

export interface MatchingShape {
  readonly ipc: number;
  /** D, the length of an embedding. */
  readonly features: number;
  /** With a siamese augmentation. */
  readonly augmented: boolean;
  /** f: an image holds f × f smaller ones; 1 without it. */
  readonly factor?: number;
  /** φ; the network's features without it. */
  readonly embed?: Embed;
}

/** (weights, images [ipc, C, H, W], slots, mean embedding of the real images [D], lr [1], augmentation) */
export type MatchingStep = Compiled<
  [Tree<Floats>, Floats, readonly Floats[], Floats, Floats, readonly Floats[]],
  { loss: Floats; images: Floats; slots: readonly Floats[] }
>;

/**
 * Compile one update of the synthetic images of a class by L = ‖mean φ(real) − mean φ(A(synthetic))‖² (arXiv 2110.04181, eq. 6).
 *
 * The augmentation A is a list of `matrix` [1, H·W, H·W] and `colour` [1, 3], or empty.
 */
export async function compileMatchingStep(
  network: Network,
  { ipc, features: length, augmented, factor = 1, embed = features }: MatchingShape,
  optimiser: Optimiser,
  device: Device,
): Promise<MatchingStep> {
  const [c, h, w] = network.input;
  const program = (
    weights: Tree<Tensor>,
    images: Tensor,
    slots: readonly Tensor[],
    real: Tensor,
    lr: Tensor,
    augmentation: readonly Tensor[],
  ): Tree<Tensor> => {
    const distance = (x: Tensor) => {
      const whole = decodeTensor(x, factor);
      const seen = augmented ? augmentTensor(whole, augmentation[0], augmentation[1]) : whole;
      return sum(square(sub(real, mean(embed(network, weights, seen), [0]))));
    };
    const [loss, gradient] = valueAndGrad(distance)(images);
    const hyper = Array.from({ length: optimiser.hypers }, (_, i) => slice(lr, [[i, i + 1]]));
    const next = optimiser.update(images, gradient, slots, hyper);
    return { loss, images: next.w, slots: next.slots };
  };
  const image = f32(ipc, c, h, w);
  const slots = Array.from({ length: optimiser.slots }, () => image);
  const augmentation = augmented ? [f32(1, h * w, h * w), f32(1, 3)] : [];
  const specs = [specsOf(network.weights), image, slots, f32(length), f32(optimiser.hypers), augmentation];
  return (await compile(program, specs, device)) as MatchingStep;
}
