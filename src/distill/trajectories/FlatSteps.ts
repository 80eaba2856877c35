import { Holder } from "../../core/closable.ts";
import type { Device } from "../../engine/device.ts";
import { crossEntropy } from "../../nn/losses.ts";
import { type Floats, isFloats, type Network, specsOf } from "../../nn/Network.ts";
import { type Compiled, f32 } from "../../tensor/compile.ts";
import { compileByParts } from "../../tensor/compileByParts.ts";
import { valueAndGrad } from "../../tensor/grad.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";

type Slope = Compiled<[Tree<Floats>, readonly Floats[], readonly Floats[]], { loss: Floats; gradient: Tree<Floats> }>;

/** Below every norm that is divided by (the published program). */
const EPS = 1e-12;

/**
 * Plain SGD towards flat minima by adaptive GSAM (arXiv 2203.08065, 2102.11600), as the experts of arXiv 2211.11004 and 2310.05773 are
 * trained. With the gradient g at w, and h at the place w + ρ w² g / ‖w g‖ uphill,
 *
 *   w ← w − η (h − α (g − ⟨g, h⟩ h / ‖h‖²)).
 */
export class FlatSteps extends Holder implements Pick<Learner, "step"> {
  private readonly network: Network;
  private readonly device: Device;
  private readonly rho: number;
  private readonly alpha: number;
  private readonly slopes = new Map<number, Promise<Slope>>();

  /** @param network without batch norm */
  constructor(network: Network, { rho, alpha }: { readonly rho: number; readonly alpha: number }, device: Device) {
    super();
    this.network = network;
    this.device = device;
    this.rho = rho;
    this.alpha = alpha;
  }

  async step(state: LearnerState, x: Floats, y: Floats, lr: number): Promise<{ state: LearnerState; loss: number }> {
    const { weights } = state;
    const slope = await this.slopeFor(y.length / this.network.classes);
    const none: Floats[] = [];
    const { loss, gradient } = await slope(weights, [x, y], none);
    const [w, g] = [weights, gradient].map(listOf);
    const uphill = this.rho / (Math.sqrt(product(w, g, w, g)) + EPS);
    const climbed = w.map((p, i) => p.map((v, j) => v + uphill * v * v * g[i][j]));
    const h = listOf((await slope(rebuild(weights, isFloats, climbed), [x, y], none)).gradient);
    const [lengthG, lengthH] = [Math.sqrt(product(g, g)), Math.sqrt(product(h, h))];
    const cosine = product(g, h) / (lengthG * lengthH + EPS);
    const along = (cosine * lengthG) / (lengthH + EPS);
    const next = w.map((p, i) => p.map((v, j) => v - lr * (h[i][j] - this.alpha * (g[i][j] - along * h[i][j]))));
    return { loss: loss[0], state: { ...state, weights: rebuild(weights, isFloats, next), step: state.step + 1 } };
  }

  async close(): Promise<void> {
    const all = [...this.slopes.values()];
    this.slopes.clear();
    for (const one of all) await (await one).close();
  }

  private slopeFor(n: number): Promise<Slope> {
    const found = this.slopes.get(n) ?? compileSlope(this.network, n, this.device);
    this.slopes.set(n, found);
    return found;
  }
}

/** The loss of a batch and its derivative by the weights. */
async function compileSlope(network: Network, n: number, device: Device): Promise<Slope> {
  const mean = (weights: Tree<Tensor>, [x, y]: readonly Tensor[]) => {
    const loss = (v: Tree<Tensor>) => crossEntropy(network.forward(v, [], x, true).logits, y);
    const [value, gradient] = valueAndGrad(loss)(weights);
    return { loss: value, gradient };
  };
  const batch = [f32(n, ...network.input), f32(n, network.classes)];
  const specs = { shared: specsOf(network.weights), batch, rest: [] };
  return (await compileByParts({ mean, finish: (means) => means, coupled: false }, specs, device)) as Slope;
}

const listOf = (tree: Tree<Floats>): Floats[] => leaves<Floats>(tree, isFloats);

/** Sum over all entries of the products of these arrays, in double precision. */
function product(...factors: readonly (readonly Floats[])[]): number {
  let sum = 0;
  factors[0].forEach((first, i) => {
    for (let j = 0; j < first.length; j++) sum += factors.reduce((p, factor) => p * factor[i][j], 1);
  });
  return sum;
}
