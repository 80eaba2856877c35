import type { Normalisation } from "../../../data/Normalisation.ts";
import type { Trigger } from "../../../data/Trigger.ts";
import type { Device } from "../../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../../nn/Network.ts";
import { adam } from "../../../nn/optimisers.ts";
import { identity, meanDiagonal, ridgeInverse, solved } from "../../../nn/ridgeSolve.ts";
import { type CompiledHeld, compileHeld, f32 } from "../../../tensor/compile.ts";
import { valueAndGrad } from "../../../tensor/grad.ts";
import {
  add,
  concat,
  matmul,
  mean,
  mul,
  reciprocal,
  square,
  stopGradient,
  sub,
  transpose,
} from "../../../tensor/ops.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import type { Tree } from "../../../tensor/tree.ts";
import { patternStep, stampTensor } from "../../common/learntTrigger.ts";

export const relaxOptimiser = adam();

export interface RelaxShape {
  /** Images of the distilled set, clean and stamped raw images of a step. */
  readonly set: number;
  readonly clean: number;
  readonly stamped: number;
  /** λ, relative to the mean diagonal of a kernel. */
  readonly ridge: number;
  /** ρ, weight of the conflict. */
  readonly conflict: number;
}

export type Relaxation = CompiledHeld<
  [model: readonly [weights: Tree<Floats>, running: Tree<Floats>], set: Floats],
  [clean: Floats, stamped: Floats, labels: Floats, pattern: Floats, slots: readonly Floats[], hyper: Floats],
  { loss: Floats; conflict: Floats; projection: Floats; gradient: Floats; pattern: Floats; slots: readonly Floats[] }
>;

/**
 * Compile one Adam step of a trigger's pattern for what keeps a distilled set from holding the backdoor (arXiv 2311.16646, §4.2,
 * theorems 1 and 2). With the kernel k of a network's features, divided by its mean diagonal over the union D of clean and stamped
 * images, and A = (k_DD + λ I)⁻¹ Y,
 *
 *   conflict   = mean (Y − k_DD A)² = mean (λ A)²                      what no function of the kernel can fit,
 *   projection = mean ((k_DD − k_DS (k_SS + λ s I)⁻¹ k_SD)² · A²)      what the set S cannot hold of it; squares by entry,
 *   L          = ρ · conflict + projection.
 *
 * Differs: the kernel of finite networks, in single precision, for the tangent kernel of infinite ones in double; the mean diagonal over
 * D is held in the derivative; the pattern is clamped to the gamut in the optimiser too.
 *
 * @returns (weights and running statistics, images of the set) → (clean [n, C, H, W], to be stamped [b, C, H, W], labels [n + b, K], pattern,
 * slots, hyper) → the losses and the derivative before the step, and the pattern after it.
 */
export async function compileRelaxation(
  network: Network,
  { set, clean, stamped, ridge, conflict: weight }: RelaxShape,
  trigger: Trigger,
  normalisation: Normalisation,
  device: Device,
): Promise<Relaxation> {
  const { input, classes } = network;
  const n = clean + stamped;
  const turned = (x: Tensor) => transpose(x, [1, 0]);
  const program = (
    [weights, running]: readonly [Tree<Tensor>, Tree<Tensor>],
    images: Tensor,
    seen: Tensor,
    carriers: Tensor,
    labels: Tensor,
    pattern: Tensor,
    slots: readonly Tensor[],
    hyper: Tensor,
  ): Tree<Tensor> => {
    const features = (x: Tensor) => network.forward(weights, running, x, false).features;
    const ofSet = features(images);
    const gram = matmul(ofSet, turned(ofSet));
    const unit = reciprocal(meanDiagonal(gram));
    // (k_SS + λ s I)⁻¹ in units of the kernel's own.
    const inverse = mul(ridgeInverse(add(mul(gram, unit), mul(identity(set), ridge)), ridge), unit);
    const parts = (p: Tensor): [conflict: Tensor, projection: Tensor] => {
      const phi = concat([features(seen), features(stampTensor(trigger, carriers, p))], 0);
      const kernel = matmul(phi, turned(phi));
      const scale = reciprocal(stopGradient(meanDiagonal(kernel)));
      const scaled = mul(kernel, scale);
      const ridged = add(scaled, mul(identity(n), ridge));
      const fitted = solved(ridged, ridgeInverse(ridged, ridge), labels);
      const across = matmul(phi, turned(ofSet));
      const left = sub(scaled, mul(matmul(matmul(across, inverse), turned(across)), scale));
      return [mean(square(mul(fitted, ridge))), mean(matmul(square(left), square(fitted)))];
    };
    const total = ([conflict, projection]: [Tensor, Tensor]) => add(mul(conflict, weight), projection);
    const [loss, gradient] = valueAndGrad((p: Tensor) => total(parts(p)))(pattern);
    const [conflict, projection] = parts(pattern);
    const next = patternStep(relaxOptimiser, normalisation, pattern, gradient, slots, hyper);
    return { loss, conflict, projection, gradient, ...next };
  };
  const held = [[specsOf(network.weights), specsOf(network.running)], f32(set, ...input)];
  const image = f32(...input);
  const batch = [f32(clean, ...input), f32(stamped, ...input), f32(n, classes)];
  const rest = [...batch, image, [image, image], f32(relaxOptimiser.hypers)];
  return (await compileHeld(program, held, rest, device)) as unknown as Relaxation;
}
