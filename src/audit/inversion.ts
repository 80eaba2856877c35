import { type Closable, closable } from "../core/closable.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Device } from "../engine/device.ts";
import { crossEntropy } from "../nn/losses.ts";
import { type Floats, specsOf } from "../nn/Network.ts";
import { type Compiled, compile, f32 } from "../tensor/compile.ts";
import { valueAndGrad } from "../tensor/grad.ts";
import { add, constant, mul, reshape, sub } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import type { Tree } from "../tensor/tree.ts";
import type { LearnerState } from "../train/Learner.ts";
import type { AuditedSet } from "./AuditedSet.ts";
import type { Jury } from "./Jury.ts";
import { type Patch, places } from "./Patch.ts";
import { type Candidate, scoreOf } from "./transplant.ts";

export interface InversionOptions {
  readonly side: number;
  /** Places along each edge of the starts. */
  readonly grid: number;
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

/** Adam's step, in deviations of the set's pixels. */
const STEP = 0.25;

/** Compile the descent for a jury's pictures. */
export async function inverter(audited: AuditedSet, jury: Jury, device: Device): Promise<Inverter> {
  const { shape, classes, set } = audited;
  const [, c, h, w] = shape;
  const n = jury.pixels.length / (c * h * w);
  const { network } = jury.panel.learner;
  const { mean, std } = set.normalisation as { mean: readonly number[]; std: readonly number[] };
  const channel = (values: readonly number[]) => constant([...values], [c, 1, 1]);
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
      const seen = mul(sub(shown, channel(mean)), channel(std.map((v) => 1 / v)));
      return crossEntropy(network.forward(weights, running, seen, false).logits, target);
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
      let values = pattern;
      const [first, second] = [new Float64Array(values.length), new Float64Array(values.length)];
      for (let i = 1; i <= steps; i++) {
        // One network a step, in turn: as good a direction as the mean of all, for a third of the work.
        const { weights, running } = states[i % states.length];
        const { gradient } = await run(weights, running, jury.pixels, values, mask, target);
        values = values.map((v, p) => {
          first[p] = 0.9 * first[p] + 0.1 * gradient[p];
          second[p] = 0.999 * second[p] + 0.001 * gradient[p] ** 2;
          const move = first[p] / (1 - 0.9 ** i) / (Math.sqrt(second[p] / (1 - 0.999 ** i)) + 1e-8);
          return Math.min(1, Math.max(0, v - step * move));
        });
      }
      return gathered(values, start, shape);
    },
    ...closable(() => run.close()),
  };
}

/** Starts: flat squares of the corner colours at evenly spread places. */
function flatStarts(shape: ImageShape, side: number, grid: number): Patch[] {
  const [, c] = shape;
  const colours = Array.from({ length: 2 ** c }, (_, bits) => Array.from({ length: c }, (_, k) => (bits >> k) & 1));
  return places(shape, side, grid).flatMap(([top, left]) =>
    colours.map((colour) => ({
      top,
      left,
      side,
      values: Float32Array.from({ length: c * side * side }, (_, i) => colour[Math.floor(i / (side * side))]),
    })),
  );
}

/**
 * Inversion: find for each class the patch that calls it on pictures that are none of the set. Starts are flat squares at the
 * three best places and the transplant's find; the best of them is followed further. One start is not enough.
 *
 * @param transplanted the transplant's best candidate of each class
 */
export async function invert(
  audited: AuditedSet,
  jury: Jury,
  transplanted: readonly (Candidate | undefined)[],
  { side, grid, steps: [short, long] }: InversionOptions,
  device: Device,
  onPart: (share: number) => void,
): Promise<Candidate[]> {
  const { classes, shape } = audited;
  // Half the pictures lead the descent; all of them judge what it finds.
  await using descent = await inverter(audited, jury.thinned(2), device);
  const flat = flatStarts(shape, side, grid);
  const judged: Awaited<ReturnType<Jury["judgeAll"]>> = [];
  for (let from = 0; from < flat.length; from += 16) judged.push(...(await jury.judgeAll(flat.slice(from, from + 16))));
  const found: Candidate[] = [];
  for (let t = 0; t < classes; t++) {
    const starts = bestAtDistinctPlaces(
      flat,
      judged.map((one) => scoreOf(one, t)),
      3,
    );
    const own = transplanted[t]?.patch;
    if (own && own.side === side) starts.push(own);
    let best: Candidate | undefined;
    for (const start of starts) {
      const patch = await descent.descend(jury.states, start, t, short);
      const score = scoreOf(await jury.judge(patch), t);
      if (!best || score > best.found) best = { targetClass: t, patch, found: score };
    }
    const last = await descent.descend(jury.states, best!.patch, t, long);
    const score = scoreOf(await jury.judge(last), t);
    found.push(score > best!.found ? { targetClass: t, patch: last, found: score } : best!);
    onPart((t + 1) / classes);
  }
  return found;
}

function bestAtDistinctPlaces(patches: readonly Patch[], scores: readonly number[], count: number): Patch[] {
  const order = [...patches.keys()].sort((a, b) => scores[b] - scores[a]);
  const chosen: Patch[] = [];
  for (const i of order) {
    if (chosen.some(({ top, left }) => top === patches[i].top && left === patches[i].left)) continue;
    chosen.push(patches[i]);
    if (chosen.length === count) break;
  }
  return chosen;
}

/** A patch as a whole picture and its mask. */
function spread({ top, left, side, values }: Patch, [, c, h, w]: ImageShape): [pattern: Floats, mask: Floats] {
  const [pattern, mask] = [new Float32Array(c * h * w), new Float32Array(h * w)];
  for (let k = 0, at = 0; k < c; k++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++, at++) {
        pattern[(k * h + y) * w + x] = values[at];
        mask[y * w + x] = 1;
      }
  return [pattern, mask];
}

function gathered(pattern: Floats, { top, left, side, values }: Patch, [, c, h, w]: ImageShape): Patch {
  const out = new Float32Array(values.length);
  for (let k = 0, at = 0; k < c; k++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++, at++) out[at] = pattern[(k * h + y) * w + x];
  return { top, left, side, values: out };
}
