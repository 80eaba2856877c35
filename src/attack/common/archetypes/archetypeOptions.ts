import * as z from "zod";
import { objectiveNames } from "./objectives.ts";
import { startNames } from "./starts.ts";

export const archetypeOptions = z.strictObject({
  objective: z
    .enum(objectiveNames)
    .default("logit")
    .describe(
      "ascend the logit of the class; or match its mean penultimate feature in the set, the feature of one image of it, or of one image what every layer says",
    ),
  start: z
    .enum(startNames)
    .default("noise")
    .describe("from noise, images of the class, mixtures of one of them and any other, or painted leaves"),
  networks: z.int().min(1).default(1).describe("networks that take turns; each is trained from its own beginning"),
  perClass: z.int().min(1).default(1).describe("archetypes per class"),
  steps: z.int().min(1).default(200).describe("Adam steps"),
  lr: z.number().positive().default(0.1).describe("Adam learning rate"),
  tv: z.number().min(0).default(0).describe("weight of total variation"),
  l2: z.number().min(0).default(0).describe("weight of the mean square"),
  jitter: z.int().min(0).default(0).describe("pixels by which images are shifted, at random, while a network looks"),
  clamp: z.boolean().default(false).describe("keep archetypes within what a picture can hold"),
});

export type ArchetypeOptions = z.infer<typeof archetypeOptions>;
