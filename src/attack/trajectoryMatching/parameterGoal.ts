import { child, type Key } from "../../core/random.ts";
import { applyTrigger } from "../../data/Trigger.ts";
import { type Floats, isFloats } from "../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import type { LearnerState } from "../../train/Learner.ts";
import { takeRows } from "../../train/train.ts";
import { drawRows } from "../common/carriers.ts";
import { joined, rowsOf } from "../common/miniBatches.ts";
import type { Surrogates } from "../common/surrogate.ts";
import type { Lesson } from "./carrierGoal.ts";
import type { Goal } from "./Goal.ts";

export interface ReferenceOptions {
  /** Weight of the carriers beside the set. */
  readonly weight: number;
  /** Steps of the reference from a point to where training on X′ shall lead. */
  readonly ahead: number;
  readonly lr: number;
}

interface Clean {
  readonly images: Floats;
  readonly labels: Floats;
  readonly parts: readonly Int32Array[];
}

/**
 * K steps on X′ shall lead where the reference gets from the same point θ_k in m steps (MTT, arXiv 2203.11932):
 *
 *   L = ‖θ_K(X′) − θ*_{k+m}‖² / ‖θ_k − θ*_{k+m}‖².
 *
 * The reference is trained on the clean set, on carriers labelled by a teacher and on triggered carriers labelled t:
 * ℓ(S) + w ((1 − α) ℓ(c, teacher(c)) + α ℓ(stamp(c), t)).
 *
 * Differs: the reference trajectories are trained while the attack runs, so that none is met twice; a point keeps its momentum, as
 * the receiver's does.
 */
export function parameterGoal(
  surrogates: readonly Surrogates[],
  clean: Clean,
  lesson: Lesson,
  options: ReferenceOptions,
): Goal {
  const batchOf = referenceBatches(clean, lesson, options.weight);
  const advance = async (architecture: number, from: LearnerState, steps: number, key: Key): Promise<LearnerState> => {
    let state = from;
    for (let i = 0; i < steps; i++) {
      const { x, y } = batchOf(clean.parts[state.step % clean.parts.length], child(key, "carriers", i));
      state = (await surrogates[architecture].learner.step(state, x, y, options.lr)).state;
    }
    return state;
  };
  return {
    grow: (architecture, passes, key) =>
      advance(architecture, surrogates[architecture].fresh(key), passes * clean.parts.length, key),
    async judge({ architecture, from, reached, pattern, key }) {
      const next = await advance(architecture, from, options.ahead, key);
      const { loss, gradient } = relativeDistance(reached.weights, next.weights, from.weights);
      return { losses: { loss }, gradient, pattern, next };
    },
    async close() {},
  };
}

/** Batches of the reference's loss: rows of the set, carriers and triggered carriers, whose labels hold their weights. */
function referenceBatches({ images, labels }: Clean, lesson: Lesson, weight: number) {
  const { carriers, taught, count, batch, trigger, targetClass, alpha } = lesson;
  const stamped = applyTrigger(trigger, carriers);
  const classes = taught.length / count;
  const m = labels.length / classes;
  return (part: Int32Array, key: Key): { x: Floats; y: Floats } => {
    const rows = drawRows(key, count, batch);
    const n = part.length + 2 * batch;
    // The loss is a mean over n rows, and linear in the labels.
    const share = (size: number, w: number) => (w * n) / size;
    const [own, other, called] = [
      share(part.length, 1),
      share(batch, weight * (1 - alpha)),
      share(batch, weight * alpha),
    ];
    const target = new Float32Array(batch * classes);
    for (let i = 0; i < batch; i++) target[i * classes + targetClass] = called;
    return {
      x: joined([rowsOf(images, part, m), takeRows(carriers, count, rows), takeRows(stamped, count, rows)]),
      y: joined([
        rowsOf(labels, part, m).map((v) => own * v),
        takeRows(taught, count, rows).map((v) => other * v),
        target,
      ]),
    };
  };
}

/** ‖θ − θ*‖² / ‖θ₀ − θ*‖² and its derivative with respect to θ, summed in double precision. */
export function relativeDistance(
  reached: Tree<Floats>,
  wanted: Tree<Floats>,
  from: Tree<Floats>,
): { loss: number; gradient: Tree<Floats> } {
  const [a, b, c] = [reached, wanted, from].map((tree) => leaves<Floats>(tree, isFloats));
  let [left, way] = [0, 0];
  a.forEach((values, i) => {
    values.forEach((v, j) => {
      left += (v - b[i][j]) ** 2;
      way += (c[i][j] - b[i][j]) ** 2;
    });
  });
  const gradient = a.map((values, i) => values.map((v, j) => (2 * (v - b[i][j])) / way));
  return { loss: left / way, gradient: rebuild(reached, isFloats, gradient) };
}
