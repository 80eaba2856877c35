import type { Keep } from "../../core/Keep.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Device } from "../../engine/device.ts";
import type { GivenTeacher } from "../../train/learnerFor.ts";
import { whitenRaw } from "../../train/whitenRaw.ts";
import { trainTeacher } from "./keptTeacher.ts";
import { type TeacherRecipe, teacherLearner, teacherPlan } from "./teacherRecipe.ts";

export interface TeacherWork {
  readonly device: Device;
  /** Where it may lie already. */
  readonly keep?: Keep;
  readonly signal?: AbortSignal;
  /** Told of raw images whitened, of all, where the space is a whitened one. */
  onWhiten?(done: number, total: number): void;
  /** Told of every epoch. */
  onEpoch?(epoch: number): void;
}

/**
 * Train a teacher on raw images by a recipe, or take the one that is kept.
 *
 * @param normalisation the space that it sees images in
 * @throws the signal's reason once it is aborted, at the next epoch.
 */
export async function rawTeacherOf(
  recipe: TeacherRecipe,
  set: LabelledSet,
  normalisation: Normalisation,
  { device, keep, signal, onWhiten, onEpoch }: TeacherWork,
): Promise<GivenTeacher> {
  await using learner = teacherLearner(set, recipe, device, "teacher");
  const prepare = () => whitenRaw(set, normalisation, device, { signal, onProgress: onWhiten });
  const training = trainTeacher(learner, { set, normalisation, prepare }, teacherPlan(recipe, set.classes), keep);
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await training.next();
    if (done) return { network: learner.network, weights: value.state.weights, running: value.state.running };
    onEpoch?.(value.done);
  }
}
