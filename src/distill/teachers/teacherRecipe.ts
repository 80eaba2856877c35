import { child, key } from "../../core/random.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Device } from "../../engine/device.ts";
import type { NormKind } from "../../nn/layers/Normaliser.ts";
import { sgd } from "../../nn/optimisers.ts";
import { Learner } from "../../train/Learner.ts";
import { networkFor } from "../common/networkFor.ts";
import type { TeacherPlan } from "./keptTeacher.ts";
import { cosineRate } from "./rawTeacher.ts";

/** All that a teacher follows from but the raw images. Plain JSON. */
export interface TeacherRecipe {
  /** What it was trained for; names its randomness. */
  readonly purpose: "teacher" | "squeeze";
  /** Name in the registry; the ConvNet without it. */
  readonly network?: string;
  readonly width?: number;
  /** Of the ConvNet. */
  readonly depth: number;
  readonly norm: NormKind;
  readonly epochs: number;
  readonly batch: number;
  /** SGD's, with momentum 0.9 and weight decay 5e-4, falling along a cosine. */
  readonly lr: number;
  readonly seed: number;
}

/** What learns by a recipe. @throws UsageError for a network that nobody knows. */
export function teacherLearner(set: LabelledSet, recipe: TeacherRecipe, device: Device, who: string): Learner {
  return new Learner(networkFor(set, recipe, who), sgd({ momentum: 0.9, weightDecay: 5e-4 }), device);
}

/** How it learns. */
export function teacherPlan({ purpose, ...recipe }: TeacherRecipe, classes: number): TeacherPlan {
  const { network, width, depth, norm, epochs, batch, lr, seed } = recipe;
  const kind =
    purpose === "squeeze"
      ? { network: network ?? "convNetBN", width, depth }
      : { network: network ?? "convNet", width, depth, norm };
  return {
    batch,
    stages: ["flip-crop"],
    rate: cosineRate(lr, epochs),
    epochs,
    record: { ...kind, batch, teacherLr: lr, teacherSeed: seed, classes },
    key: child(key(seed), purpose),
  };
}
