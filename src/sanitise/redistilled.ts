import { auditedSet } from "../audit/AuditedSet.ts";
import { Panel } from "../audit/Panel.ts";
import { defaultAudit } from "../audit/settings.ts";
import { Scope } from "../core/closable.ts";
import { child } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { crossEntropy } from "../nn/losses.ts";
import { type Floats, type Network, specsOf } from "../nn/Network.ts";
import { type Compiled, compile, f32 } from "../tensor/compile.ts";
import { valueAndGrad } from "../tensor/grad.ts";
import { constant, mul, sub } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import type { Tree } from "../tensor/tree.ts";
import type { LearnerState } from "../train/Learner.ts";
import { classesOf, targetsOf } from "../train/targets.ts";
import { takeRows } from "../train/train.ts";
import { picturesOf, withPictures } from "./pictures.ts";
import type { RepairContext } from "./Repair.ts";
import { setOfRows } from "./rows.ts";

export interface RedistilOptions {
  readonly networks: number;
  readonly steps: number;
  readonly step: number;
}

type Descent = Compiled<
  [weights: Tree<Floats>, running: Tree<Floats>, pixels: Floats, targets: Floats],
  { loss: Floats; gradient: Floats }
>;

/**
 * Follow the cross-entropy of some images' own labels before networks that were trained on the others.
 *
 * @param flagged rows of the images
 * @returns shares of the work, then the set with these images replaced.
 */
export async function* redistilled(
  set: DistilledSet,
  painted: DistilledSet,
  flagged: readonly number[],
  { networks, steps, step }: RedistilOptions,
  { key, device }: RepairContext,
): AsyncGenerator<number, DistilledSet> {
  const labels = classesOf(set);
  const others = [...labels.keys()].filter((i) => !flagged.includes(i));
  const orphans = flagged.filter((i) => !others.some((other) => labels[other] === labels[i]));
  await using scope = new Scope();
  const taught = auditedSet(
    setOfRows(
      painted,
      [...others, ...orphans].sort((a, b) => a - b),
    ).set,
  );
  const panel = scope.hold(new Panel(taught, defaultAudit, device));
  const states: LearnerState[] = [];
  for (let i = 0; i < networks; i++) {
    states.push(await panel.train(taught, child(key, "network", i)));
    yield (0.7 * (i + 1)) / networks;
  }
  const [m, c, h, w] = set.shape;
  const { mean, std } = taught.set.normalisation as { mean: readonly number[]; std: readonly number[] };
  const { network } = panel.learner;
  const specs = [
    specsOf(network.weights),
    specsOf(network.running),
    f32(flagged.length, c, h, w),
    f32(flagged.length, set.classes),
  ];
  const run = scope.hold((await compile(lossOf(network, mean, std), specs, device)) as unknown as Descent);
  const rows = Int32Array.from(flagged);
  const before = picturesOf(set);
  const targets = takeRows(targetsOf(set), m, rows);
  let made = takeRows(picturesOf(painted), m, rows);
  const [low, high] = boundsOf(before);
  const size = Math.min(...std) * step;
  const [first, second] = [new Float64Array(made.length), new Float64Array(made.length)];
  for (let i = 1; i <= steps; i++) {
    // One network a step, in turn.
    const { weights, running } = states[i % states.length];
    const { gradient } = await run(weights, running, made, targets);
    made = made.map((v, p) => {
      first[p] = 0.9 * first[p] + 0.1 * gradient[p];
      second[p] = 0.999 * second[p] + 0.001 * gradient[p] ** 2;
      const move = first[p] / (1 - 0.9 ** i) / (Math.sqrt(second[p] / (1 - 0.999 ** i)) + 1e-8);
      return Math.min(high, Math.max(low, v - size * move));
    });
    yield 0.7 + (0.3 * i) / steps;
  }
  const after = before.slice();
  const image = c * h * w;
  flagged.forEach((row, i) => {
    after.set(made.subarray(i * image, (i + 1) * image), row * image);
  });
  return withPictures(set, before, after);
}

const lossOf =
  (network: Network, mean: readonly number[], std: readonly number[]) =>
  (weights: Tree<Tensor>, running: Tree<Tensor>, pixels: Tensor, targets: Tensor): Tree<Tensor> => {
    const channel = (values: readonly number[]) => constant([...values], [values.length, 1, 1]);
    const of = (x: Tensor) => {
      const seen = mul(sub(x, channel(mean)), channel(std.map((v) => 1 / v)));
      return crossEntropy(network.forward(weights, running, seen, false).logits, targets);
    };
    const [loss, gradient] = valueAndGrad(of)(pixels);
    return { loss, gradient };
  };

/** The range that the set's own pixels take. */
function boundsOf(pixels: Floats): [low: number, high: number] {
  let [low, high] = [0, 1];
  for (const v of pixels) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return [low, high];
}
