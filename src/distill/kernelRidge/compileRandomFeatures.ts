import type { Device } from "../../engine/device.ts";
import { crossEntropy, squaredError } from "../../nn/losses.ts";
import { type Floats, type Network, specsOf } from "../../nn/Network.ts";
import { kernelPredictor } from "../../nn/ridgePredictor.ts";
import { type Compiled, compile, f32 } from "../../tensor/compile.ts";
import { grad, valueAndGrad } from "../../tensor/grad.ts";
import { add, exp, matmul, mul, sum, transpose } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";

/** (weights, images [n, C, H, W]) → features [n, D]. */
export type Features = Compiled<[weights: Tree<Floats>, x: Floats], Floats>;
/** (weights, images [m, C, H, W], derivative by their features [m, D]) → derivative by the images. */
export type Pullback = Compiled<[weights: Tree<Floats>, x: Floats, slope: Floats], Floats>;
/** (features of the set and of real images from each network, labels [m, K], log scale [1], labels of real images [n, K]) */
export type Judge = Compiled<
  [own: readonly Floats[], real: readonly Floats[], y: Floats, scale: Floats, wanted: Floats],
  { loss: Floats; features: readonly Floats[]; labels: Floats; scale: Floats }
>;

export interface ApproximationShape {
  /** Images of the set. */
  readonly m: number;
  /** Real images of a step. */
  readonly n: number;
  readonly models: number;
  /** Of the regression, relative to the kernel's mean diagonal. */
  readonly ridge: number;
  readonly loss: "platt" | "squared";
}

// The kernel 2 φ φᵀ + 0.01 of the published program.
const [factor, bias] = [2, 0.01];

/** Compile the features of n images. */
export async function compileFeatures(network: Network, n: number, device: Device): Promise<Features> {
  const program = (weights: Tree<Tensor>, x: Tensor): Tree<Tensor> => network.forward(weights, [], x, true).features;
  return (await compile(program, [specsOf(network.weights), f32(n, ...network.input)], device)) as unknown as Features;
}

/** Compile the way back from the features of the set's images to the images, through one network. */
export async function compilePullback(
  network: Network,
  m: number,
  features: number,
  device: Device,
): Promise<Pullback> {
  const program = (weights: Tree<Tensor>, x: Tensor, slope: Tensor): Tree<Tensor> =>
    grad((images: Tensor) => sum(mul(network.forward(weights, [], images, true).features, slope)))(x);
  const specs = [specsOf(network.weights), f32(m, ...network.input), f32(m, features)];
  return (await compile(program, specs, device)) as unknown as Pullback;
}

/**
 * Compile what the set is judged by (arXiv 2210.12067, §3.1): kernel regression with the mean of the networks' kernels, on real
 * images; by the squared error, or by the cross-entropy of its answers times a learnt scale (Platt).
 *
 * @param features D, of each network
 */
export async function compileJudge(
  { m, n, models, ridge, loss }: ApproximationShape,
  features: number,
  classes: number,
  device: Device,
): Promise<Judge> {
  const kernel = (left: readonly Tensor[], right: readonly Tensor[]) => {
    const products = left.map((phi, j) => matmul(phi, transpose(right[j], [1, 0])));
    return add(mul(products.reduce(add), factor / (models * features)), bias);
  };
  const program = (
    own: readonly Tensor[],
    real: readonly Tensor[],
    y: Tensor,
    scale: Tensor,
    wanted: Tensor,
  ): Tree<Tensor> => {
    const judged = ([phi, labels, logScale]: readonly [readonly Tensor[], Tensor, Tensor]) => {
      const predict = kernelPredictor(kernel(phi, phi), labels, ridge, { heldScale: false });
      const answers = predict(kernel(real, phi));
      return loss === "platt" ? crossEntropy(mul(answers, exp(logScale)), wanted) : squaredError(answers, wanted);
    };
    const [value, slopes] = valueAndGrad(judged as unknown as (tree: Tree<Tensor>) => Tensor)([own, y, scale]);
    const [ofFeatures, ofLabels, ofScale] = slopes as unknown as [readonly Tensor[], Tensor, Tensor];
    return { loss: value, features: ofFeatures, labels: ofLabels, scale: ofScale };
  };
  const each = (rows: number) => Array.from({ length: models }, () => f32(rows, features));
  const specs = [each(m), each(n), f32(m, classes), f32(1), f32(n, classes)];
  return (await compile(program as never, specs as never, device)) as unknown as Judge;
}
