import { CompiledOnce } from "../../../core/CompiledOnce.ts";
import { Scope } from "../../../core/closable.ts";
import { mapInSeries } from "../../../core/mapInSeries.ts";
import { child, type Key, permutation, Stream } from "../../../core/random.ts";
import type { DistilledSet } from "../../../data/DistilledSet.ts";
import { gamutBounds } from "../../../data/Trigger.ts";
import type { Device } from "../../../engine/device.ts";
import { type Floats, type Network, specsOf } from "../../../nn/Network.ts";
import { compile, f32 } from "../../../tensor/compile.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import type { Tree } from "../../../tensor/tree.ts";
import type { LearnerState } from "../../../train/Learner.ts";
import { classesOf } from "../../../train/targets.ts";
import type { ArchetypeOptions } from "./archetypeOptions.ts";
import { archetypeOptimiser, compileArchetypeStep } from "./compileArchetypeStep.ts";
import type { Objective } from "./Objective.ts";
import { objectives } from "./objectives.ts";
import { shifted } from "./shifted.ts";
import { starts } from "./starts.ts";

export interface Archetypes {
  readonly images: Floats;
  readonly classes: Int32Array<ArrayBuffer>;
  readonly losses: readonly number[];
}

/** A network that was trained on the set. */
export interface Trained {
  readonly network: Network;
  readonly state: Pick<LearnerState, "weights" | "running">;
}

/** The class of each archetype: class after class, so many of each. */
export const archetypeClasses = (classes: number, perClass: number): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: classes * perClass }, (_, i) => Math.floor(i / perClass));

/**
 * Reconstruct conceptual archetypes of each class from networks that were trained on the set (arXiv 2502.04229, §archetypes). As released: start
 * from N(0, 1), descend −logit_c(x) of one network with Adam. Several networks take turns, a step each.
 *
 * @throws UsageError for an objective that a network has nothing to say of.
 */
export async function archetypes(
  trained: readonly Trained[],
  set: DistilledSet,
  options: ArchetypeOptions,
  key: Key,
  device: Device,
): Promise<Archetypes> {
  const [, c, h, w] = set.shape;
  const classes = archetypeClasses(set.classes, options.perClass);
  const rows = ownRows(classesOf(set), classes, options.perClass, child(key, "rows"));
  const bounds = options.clamp ? gamutBounds(set.normalisation, c) : undefined;
  const n = classes.length;
  await using scope = new Scope();
  const compiled = scope.hold(
    new CompiledOnce((k: number, width: number) =>
      compileArchetypeStep(trained[k].network, options, n, width, bounds, device),
    ),
  );
  const objective = objectives[options.objective];
  const steps = await mapInSeries(trained, async ({ network, state }) => {
    const about = {
      network,
      classes,
      rows,
      labels: classesOf(set),
      ofTheSet: () => said(objective, network, state, set, device),
    };
    const wanted = await objective.wanted(about);
    const same = trained.findIndex((one) => one.network === network);
    return (await compiled.get(same, wanted.length / n)).hold([state.weights, state.running], wanted);
  });

  const place = new Stream(child(key, "jitter"));
  let x = starts[options.start](set, rows, child(key, "archetypes"));
  let slots: readonly Floats[] = [new Float32Array(x.length), new Float32Array(x.length)];
  const losses: number[] = [];
  for (let i = 0; i < options.steps; i++) {
    const hyper = Float32Array.from(archetypeOptimiser.hyper(i, options.lr));
    const { jitter } = options;
    const [dy, dx] = [0, 0].map(() => (jitter === 0 ? 0 : place.integer(2 * jitter + 1) - jitter));
    const moved = (images: Floats, sign: 1 | -1) => shifted(images, [h, w], [sign * dy, sign * dx]);
    const out = await steps[i % steps.length](
      moved(x, 1),
      slots.map((s) => moved(s, 1)),
      hyper,
    );
    x = moved(out.x, -1);
    slots = out.slots.map((s) => moved(s, -1));
    losses.push(out.loss[0] / n);
  }
  return { images: x, classes, losses };
}

/** An image of its class for each archetype: every one of the class once before any comes again. Any image, where the class has none. */
function ownRows(labels: Int32Array, classes: Int32Array, perClass: number, key: Key): Int32Array<ArrayBuffer> {
  const orders = new Map<number, number[]>();
  return Int32Array.from(classes, (label, i) => {
    let order = orders.get(label);
    if (!order) {
      const own = [...labels.keys()].filter((j) => labels[j] === label);
      const from = own.length > 0 ? own : [...labels.keys()];
      order = [...permutation(child(key, label), from.length)].map((k) => from[k]);
      orders.set(label, order);
    }
    return order[(i % perClass) % order.length];
  });
}

/** What a network says of the set's images, [M, D]. */
async function said(
  objective: Objective,
  network: Network,
  { weights, running }: Trained["state"],
  { images, shape: [m] }: DistilledSet,
  device: Device,
): Promise<Floats> {
  const program = (ws: Tree<Tensor>, rs: Tree<Tensor>, x: Tensor) => objective.says(network.forward(ws, rs, x, false));
  const specs = [specsOf(network.weights), specsOf(network.running), f32(m, ...network.input)];
  await using run = await compile(program, specs, device);
  return (await run(weights, running, images)) as unknown as Floats;
}
