import { feature, imageFeature } from "./features.ts";
import { layers } from "./layers.ts";
import { logit } from "./logit.ts";
import type { Objective } from "./Objective.ts";

/** What archetypes can be made for. */
export const objectives = { logit, feature, imageFeature, layers } satisfies Record<string, Objective>;

export const objectiveNames = [
  "logit",
  "feature",
  "imageFeature",
  "layers",
] as const satisfies (keyof typeof objectives)[];
