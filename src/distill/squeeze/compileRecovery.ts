import { UsageError } from "../../core/errors.ts";
import type { Device } from "../../engine/device.ts";
import { crossEntropy } from "../../nn/losses.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../tensor/compile.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import { add, maximum, mean, mul, reshape, sqrt, square, sub, sum } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";

export interface RecoveryOptions {
  /** Weight of the statistics. */
  readonly statistics: number;
  /** Further weight of the first batch norm's. */
  readonly firstNorm: number;
}

/** (weights, running statistics) → (images as the teacher sees them [n, C, H, W], labels [n, K]) → loss [1], its gradient. */
export type Recovery = CompiledHeld<
  [weights: Tree<Floats>, running: Tree<Floats>],
  [x: Floats, y: Floats],
  { loss: Floats; gradient: Floats }
>;

/**
 * Compile what images are recovered by (arXiv 2306.13092, eq. 5 and 7): the teacher's cross-entropy, and over its batch norms the
 * distances of the batch's mean and variance from the running ones,
 *
 *   ℓ(x, y) + α Σ_l c_l (‖μ_l(x) − μ̂_l‖ + ‖σ²_l(x) − σ̂²_l‖),   c = firstNorm, 1, 1, …
 *
 * @param network with batch norms that it shows
 */
export async function compileRecovery(
  network: Network,
  n: number,
  { statistics, firstNorm }: RecoveryOptions,
  device: Device,
): Promise<Recovery> {
  const norm = (x: Tensor) => sqrt(maximum(sum(square(x)), 1e-30));
  const program = (weights: Tree<Tensor>, running: Tree<Tensor>, x: Tensor, y: Tensor): Tree<Tensor> => {
    const known = running as unknown as readonly { mean: Tensor; variance: Tensor }[];
    const [loss, gradient] = valueAndGrad((images: Tensor) => {
      const { logits, normed = [] } = network.forward(weights, running, images, false);
      if (normed.length === 0 || normed.length !== known.length)
        throw new UsageError(
          `squeezeRecoverRelabel: invalid network: expected one with batch norms that it shows, got ${network.name}`,
        );
      return normed.reduce(
        (total, read, l) => {
          const centre = mean(read, [0, 2, 3], true);
          const spread = mean(square(sub(read, centre)), [0, 2, 3]);
          const far = add(
            norm(sub(reshape(centre, known[l].mean.shape), known[l].mean)),
            norm(sub(spread, known[l].variance)),
          );
          return add(total, mul(far, statistics * (l === 0 ? firstNorm : 1)));
        },
        crossEntropy(logits, y),
      );
    })(x);
    return { loss, gradient };
  };
  const held = [specsOf(network.weights), specsOf(network.running)];
  const specs = [f32(n, ...network.input), f32(n, network.classes)];
  return (await compileHeld(program, held, specs, device)) as unknown as Recovery;
}
