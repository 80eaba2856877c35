import * as z from "zod";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { auditOptions } from "../../audit/settings.ts";
import { readingFields } from "../../disk/reading.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { methodRegistry as methods } from "../../distill/methodRegistry.ts";
import { deviceNames } from "../../engine/device.ts";
import { networkRegistry as networks } from "../../nn/networkRegistry.ts";
import { namedProtocols } from "../../train/namedProtocols.ts";
import { protocolOptions } from "../../train/protocol.ts";
import { loosened } from "./loosened.ts";

/** The settings of an audit, and what its sets are compared with. */
export const auditPart = auditOptions.extend({
  method: z
    .string()
    .optional()
    .describe("how the sets were made (dm, random, …): p against clean sets of that method alone"),
  calibration: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("libraries of clean sets to compare with: paths from the experiment file's folder"),
});

type Names = [string, ...string[]];
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const measuredOn = z.string().describe("raw dataset to measure this set on (default: that of test)").optional();

const setFile = z.strictObject({
  file: z.string().describe("distilled set: a path from the experiment file's folder"),
  ...readingFields,
  test: measuredOn,
});

const distilled = Object.entries<Distillation>(methods).map(([name, method]) =>
  z.strictObject({
    distil: z.string().describe("raw dataset to distil: strokes, a name in the data folder, or a path"),
    method: z.enum([name, method.abbreviation]).describe(method.title),
    normalisation: z
      .string()
      .describe(
        "whose mean and deviation are used, or zca-NAME: distilled in the whitened space of the dataset NAME itself (default: the dataset's)",
      )
      .optional(),
    seed: z.int().min(0).describe("root of the distillation's randomness (default: 0)").optional(),
    test: measuredOn,
    ...(method.presets && {
      preset: z
        .enum(Object.keys(method.presets) as Names)
        .describe("named settings beneath those written here")
        .optional(),
    }),
    ...loosened(method.options).shape,
  }),
);

const attackParts = Object.entries(attacks).map(([name, attack]) => {
  const presets = Object.keys((attack as { presets?: object }).presets ?? {});
  return z.strictObject({
    method: z.literal(name).describe(`${attack.title} (${attack.source})`).optional(),
    ...(presets.length > 0 && {
      preset: z
        .enum(presets as Names)
        .describe("named settings beneath those written here")
        .optional(),
    }),
    ...loosened(attack.options).shape,
  });
});

/** An attack may have no trigger to choose. */
const triggers = Object.values(attacks).flatMap(({ options: { shape } }) =>
  "trigger" in shape ? [shape.trigger] : [],
);

/** Each part of a trial: what may be written of it, beneath the matrix or in it. */
export const parts = {
  set: z.union([setFile, ...distilled]).describe("the distilled set"),
  attack: z.union(attackParts as [(typeof attackParts)[0]]).describe("what an interceptor does to the set"),
  trigger: z
    .union(triggers.map((trigger) => loosened(trigger)) as [z.ZodType])
    .describe("what the backdoor answers to; goes into the attack's options"),
  network: z
    .strictObject({
      name: z
        .enum(Object.keys(networks) as Names)
        .describe("architecture of the receivers")
        .optional(),
      width: z.int().min(1).describe("its width (default: the architecture's own)").optional(),
    })
    .describe("the receivers"),
  strategy: loosened(protocolOptions)
    .extend({
      protocol: z
        .enum(Object.keys(namedProtocols) as Names)
        .describe("as the sets of a method were judged by its authors, beneath what else is written here")
        .optional(),
      teacherData: z
        .string()
        .describe(
          "raw dataset that the teacher learns with teacherFrom raw (default: what the set is distilled from, or that of test)",
        )
        .optional(),
    })
    .describe("how receivers are trained"),
  audit: loosened(auditPart).describe("audit the clean and the attacked set of every trial as a receiver would"),
};

export type PartName = keyof typeof parts;
export const partNames = Object.keys(parts) as PartName[];

/** The member that a word alone is meant for where a whole part is asked for: an attack is called by its method. */
export const namesake = { test: "data", set: "file", attack: "method", trigger: "kind", network: "name" } as const;

const variants = <T extends z.ZodType>(part: T, what: string) =>
  z.record(z.string().regex(/^[^\s].*$/), part).describe(`${what}: short name → settings; the names appear in tables`);

const named = (names: readonly string[]) => z.array(z.enum(names as Names)).min(1);
const network = variants(parts.network, "receivers");
const attack = variants(parts.attack, "attacks");

const matrix = z
  .object({
    set: variants(parts.set, "distilled sets").optional(),
    attack: z.union([attack, named(Object.keys(attacks))]).optional(),
    trigger: variants(parts.trigger, "triggers").optional(),
    network: z.union([network, named(Object.keys(networks))]).optional(),
    strategy: variants(parts.strategy, "training strategies").optional(),
    audit: variants(parts.audit, "audits").optional(),
    seed: z.array(z.int().min(0)).min(1).describe("roots of a trial's randomness; tables average over them").optional(),
  })
  .catchall(
    z.union([
      z.array(scalar).min(1).describe("one option of a part, as attack.alpha or strategy.epochs: its values"),
      variants(z.record(z.string(), z.unknown()), "several options of a part, as strategy.recipe"),
    ]),
  )
  .describe("axes: every combination of their values is a trial, the last axis varies fastest");

const body = {
  title: z.string().describe("what the report is called (default: the file's name)").optional(),
  test: z
    .strictObject({
      data: z.string().describe("raw dataset to measure on: strokes, a name in the data folder, or a path"),
      split: z
        .enum(["train", "test"])
        .describe("which half: train where settings are chosen, on images that judge nothing later (default: test)")
        .optional(),
      images: z.int().min(1).describe("use the first so many of these images (default: all)").optional(),
    })
    .describe("what receivers are measured on"),
  receivers: z.int().min(1).describe("networks a trial and set, each from its own initial weights (default: 1)"),
  seed: z.int().min(0).describe("root of all randomness where it is no axis (default: 0)"),
  device: z.enum(deviceNames).describe("where graphs run (default: cpu)"),
  threads: z.int().min(1).describe("threads of one trial (default: 1); results depend on it"),
  ...parts,
  matrix,
  exclude: z
    .array(z.record(z.string(), z.union([scalar, z.array(scalar).min(1)])))
    .describe("combinations to leave out: axis → a value or several; all axes named must match"),
};

/**
 * An experiment file. Nothing in it has a default here: files are layered (a size over the file, a value of an axis over a
 * part), and defaults come last, when a trial is complete (resolveTrial.ts).
 */
export const experimentSchema = z.strictObject({
  ...z.object(body).partial().shape,
  test: body.test,
  sizes: z
    .record(z.string(), z.object(body).partial().strict())
    .describe("other sizes of the experiment, as --size NAME: members replace those above; axes replace axes")
    .optional(),
});

export type ExperimentFile = z.input<typeof experimentSchema>;

/** JSON Schema of an experiment file, for editors. */
export const experimentJsonSchema = (): unknown => ({
  title: "Retort experiment",
  ...z.toJSONSchema(experimentSchema, { io: "input", unrepresentable: "any" }),
});
