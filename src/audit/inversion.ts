import { type Closable, closable } from "../core/closable.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Device } from "../engine/device.ts";
import { crossEntropy } from "../nn/losses.ts";
import { type Floats, specsOf } from "../nn/Network.ts";
import { type Compiled, compile, f32 } from "../tensor/compile.ts";
import { valueAndGrad } from "../tensor/grad.ts";
import { add, mul, reshape, sub } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import type { Tree } from "../tensor/tree.ts";
import type { LearnerState } from "../train/Learner.ts";
import type { AuditedSet } from "./AuditedSet.ts";
import { adam } from "./adam.ts";
import { asSeen } from "./asSeen.ts";
import type { Jury, Success } from "./Jury.ts";
import type { Patch } from "./Patch.ts";
import { type Candidate, scoreOf } from "./transplant.ts";

export interface InversionOptions {
  readonly starts: readonly Patch[];
  /** What other detectors found, best of each class first. */
  readonly found: readonly (readonly Candidate[])[];
  /** Adam steps of each start, and of the best one after them. */
  readonly steps: readonly [short: number, long: number];
}

type Descent = Compiled<
  [weights: Tree<Floats>, running: Tree<Floats>, pixels: Floats, pattern: Floats, mask: Floats, target: Floats],
  { loss: Floats; gradient: Floats }
>;

/** Follows a patch's values down the cross entropy of a class. */
export interface Inverter extends Closable {
  descend(states: readonly LearnerState[], start: Patch, t: number, steps: number): Promise<Patch>;
}

/** Starts that are followed a few steps, a class. */
const STARTS = 3;
/** Adam's step, in deviations of the set's pixels. */
const STEP = 0.25;

/** Compile the descent for a jury's pictures: half of them lead, all judge what is found. */
export async function inverter(audited: AuditedSet, all: Jury, device: Device): Promise<Inverter> {
  const jury = all.thinned(2);
  const { shape, classes, set } = audited;
  const [, c, h, w] = shape;
  const n = jury.pixels.length / (c * h * w);
  const { network } = jury.panel.learner;
  const { std } = set.normalisation as { std: readonly number[] };
  const seen = asSeen(audited);
  const program = (
    weights: Tree<Tensor>,
    running: Tree<Tensor>,
    pixels: Tensor,
    pattern: Tensor,
    mask: Tensor,
    target: Tensor,
  ): Tree<Tensor> => {
    const of = (p: Tensor) => {
      const shown = add(mul(pixels, sub(1, mask)), mul(reshape(p, [1, c, h, w]), mask));
      return crossEntropy(network.forward(weights, running, seen(shown), false).logits, target);
    };
    const [loss, gradient] = valueAndGrad(of)(pattern);
    return { loss, gradient };
  };
  const specs = [
    specsOf(network.weights),
    specsOf(network.running),
    f32(n, c, h, w),
    f32(c, h, w),
    f32(h, w),
    f32(n, classes),
  ];
  const run = (await compile(program, specs, device)) as unknown as Descent;
  const step = Math.min(...std) * STEP;
  return {
    async descend(states, start, t, steps) {
      const [pattern, mask] = spread(start, shape);
      const target = new Float32Array(n * classes);
      for (let i = 0; i < n; i++) target[i * classes + t] = 1;
      const descent = adam(pattern, step, undefined, (v) => Math.min(1, Math.max(0, v)));
      for (let i = 1; i <= steps; i++) {
        // One network a step, in turn: as good a direction as the mean of all, for a third of the work.
        jury.panel.count(3 * n);
        const { weights, running } = states[i % states.length];
        const { gradient } = await run(weights, running, jury.pixels, descent.values, mask, target);
        descent.step(gradient);
      }
      return gathered(descent.values, start, shape);
    },
    ...closable(() => run.close()),
  };
}

/**
 * Inversion: find for each class the patch that calls it on pictures that are none of the set. Starts are the three best of
 * those given, and what was found before, of which the best is followed further. One start is not enough.
 */
export async function invert(
  { classes }: AuditedSet,
  jury: Jury,
  { starts, found, steps: [short, long] }: InversionOptions,
  descent: Inverter,
): Promise<Candidate[]> {
  const quick = jury.thinned(4);
  const judged = await quick.judgeAll(starts);
  const best: Candidate[] = [];
  for (let targetClass = 0; targetClass < classes; targetClass++) {
    const scores = judged.map((one) => scoreOf(one, targetClass));
    const first = bestAtDistinctPlaces(starts, scores, STARTS);
    const own = found[targetClass]?.[0]?.patch;
    if (own && own.side === starts[0].side) first.push(own);
    const after: Patch[] = [];
    for (const start of first) after.push(await descent.descend(jury.states, start, targetClass, short));
    const [lead] = ranked(await jury.judgeAll(after), after, targetClass);
    const last = await descent.descend(jury.states, lead.patch, targetClass, long);
    const [end] = ranked([await jury.judge(last)], [last], targetClass);
    best.push(end.found > lead.found ? end : lead);
  }
  return best;
}

const ranked = (judged: readonly Success[], patches: readonly Patch[], targetClass: number): Candidate[] =>
  patches
    .map((patch, i) => ({ targetClass, patch, found: scoreOf(judged[i], targetClass) }))
    .sort((a, b) => b.found - a.found);

function bestAtDistinctPlaces(patches: readonly Patch[], scores: readonly number[], count: number): Patch[] {
  const order = [...patches.keys()].sort((a, b) => scores[b] - scores[a]);
  const chosen: Patch[] = [];
  for (const i of order) {
    const { top, left, mask } = patches[i];
    if (chosen.some((one) => one.top === top && one.left === left && one.mask === mask)) continue;
    chosen.push(patches[i]);
    if (chosen.length === count) break;
  }
  return chosen;
}

/** A patch as a whole picture and its mask. */
function spread(
  { top, left, side, values, mask: own }: Patch,
  [, c, h, w]: ImageShape,
): [pattern: Floats, mask: Floats] {
  const [pattern, mask] = [new Float32Array(c * h * w), new Float32Array(h * w)];
  for (let k = 0, at = 0; k < c; k++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++, at++) {
        pattern[(k * h + y) * w + x] = values[at];
        mask[y * w + x] = own ? own[(y - top) * side + x - left] : 1;
      }
  return [pattern, mask];
}

function gathered(pattern: Floats, patch: Patch, [, c, h, w]: ImageShape): Patch {
  const { top, left, side, values } = patch;
  const out = new Float32Array(values.length);
  for (let k = 0, at = 0; k < c; k++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++, at++) out[at] = pattern[(k * h + y) * w + x];
  return { ...patch, values: out };
}
