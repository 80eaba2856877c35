import type { Keep } from "../../core/Keep.ts";
import type { Pace } from "../../core/Pace.ts";
import { child, type Key } from "../../core/random.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { plainNormalisation } from "../../data/plainNormalisation.ts";
import { type Floats, initialise } from "../../nn/Network.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";
import { weightArrays, weightTree } from "../common/weightArrays.ts";
import { keptName } from "./keptName.ts";
import { batchesOf, type RawTraining, rawEpoch } from "./rawTeacher.ts";

/** A network as far as it has learnt the raw images, and the mean loss of each epoch. */
export interface Taught {
  readonly state: LearnerState;
  readonly losses: readonly number[];
}

export interface TeacherPlan extends RawTraining {
  readonly epochs: number;
  /** All that the teacher follows from but the data: names it where it is kept. Plain JSON. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly key: Key;
}

/** What a teacher learns. */
export interface TeacherData {
  readonly set: LabelledSet;
  /** The space that it sees images in. */
  readonly normalisation: Normalisation;
  /** Waited for before the first epoch, where one is missing. */
  prepare?(): Promise<void>;
  readonly pace?: Pace;
}

/**
 * Train a teacher on raw images, or take the one that is kept; its epochs are reported alike.
 *
 * @param done epochs that an earlier process reported
 * @param current how far it was
 * @returns the teacher after its last epoch.
 */
export async function* trainTeacher(
  learner: Learner,
  { set, normalisation, prepare, pace }: TeacherData,
  plan: TeacherPlan,
  keep: Keep | undefined,
  done = 0,
  current?: Taught,
): AsyncGenerator<{ done: number; loss: number; current: Taught }, Taught> {
  const record = {
    ...plan.record,
    normalisation: plainNormalisation(normalisation),
    shape: set.shape,
    epochs: plan.epochs,
  };
  const name = keptName(learner, { what: "teacher", ...record });
  const kept = await keep?.load(name);
  const fresh = freshTeacher(learner, plan.key);
  let one = kept ? restoredTeacher(kept.json, kept.arrays, fresh) : (current ?? { state: fresh, losses: [] });
  const missing = plan.epochs - one.losses.length;
  pace?.ahead("teacher", missing * batchesOf(set, plan.batch));
  if (missing > 0) await prepare?.();
  pace?.mark();
  for (let t = 1; t <= plan.epochs; t++) {
    if (one.losses.length < t) {
      const next = await rawEpoch(learner, one.state, set, normalisation, { ...plan, pace }, t - 1, plan.key);
      one = { state: next.state, losses: [...one.losses, next.loss] };
      if (t === plan.epochs) await keep?.save(name, savedTeacher(one));
    }
    if (t > done) yield { done: t, loss: one.losses[t - 1], current: one };
  }
  return one;
}

export function freshTeacher(learner: Learner, key: Key): LearnerState {
  const { weights, running } = learner.network;
  return learner.start(initialise(weights, child(key, "weights")), initialise(running, child(key, "running")));
}

/** As a checkpoint holds it. */
export function savedTeacher({ state, losses }: Taught): {
  json: { losses: readonly number[]; teacherStep: number };
  arrays: Record<string, Floats>;
} {
  const slots = state.slots.map((slot, i) => weightArrays(`slot${i}`, slot));
  const arrays = Object.assign(
    weightArrays("weights", state.weights),
    weightArrays("running", state.running),
    ...slots,
  );
  return { json: { losses, teacherStep: state.step }, arrays };
}

/** @param like a teacher of the same structure */
export function restoredTeacher(
  json: Readonly<Record<string, unknown>>,
  arrays: Readonly<Record<string, Floats>>,
  like: LearnerState,
): Taught {
  const weights = weightTree("weights", arrays, like.weights)!;
  const running = weightTree("running", arrays, like.running) ?? like.running;
  const slots = like.slots.map((_, i) => weightTree(`slot${i}`, arrays, like.weights)!);
  return { state: { weights, running, slots, step: json.teacherStep as number }, losses: json.losses as number[] };
}
