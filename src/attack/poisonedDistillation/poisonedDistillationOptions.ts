import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { ReadWhen } from "../../core/readWhen.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Device } from "../../engine/device.ts";
import { gradientDistances } from "../../nn/gradientDistance.ts";
import { networkName } from "../../nn/networkName.ts";
import { networkRegistry as networks } from "../../nn/networkRegistry.ts";
import { convNet } from "../../nn/networks/convNet.ts";
import { archetypeOptions } from "../common/archetypes/archetypeOptions.ts";
import { backdoorSources } from "../common/backdoorSet.ts";
import { budgetOptions } from "../common/budget.ts";
import { carrierOptions } from "../common/carriers.ts";
import { Surrogates, sgdOptions } from "../common/surrogate.ts";
import { triggerOptions, triggerReadWhen } from "../common/triggerOptions.ts";
import { kindsOf, type LayerKind, layerKinds } from "./hybridLoss.ts";
import { roundsOptions } from "./rounds.ts";

const distanceNames = Object.keys(gradientDistances) as [
  keyof typeof gradientDistances,
  ...(keyof typeof gradientDistances)[],
];

const weight = (of: string) => z.number().min(0).default(1).describe(`weight of ${of} in the distance`);

/** The defaults are those of the released program (docs/method.md, §2). */
export const options = z.strictObject({
  trigger: triggerOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  alpha: z.number().min(0).max(1).default(0.6).describe("weight of the backdoor part of the loss"),
  distance: z.enum(distanceNames).default("cosine").describe("distance between gradients"),
  layerWeights: z
    .strictObject({
      kernels: weight("convolution kernels"),
      matrices: weight("the matrices of linear layers"),
      vectors: weight("biases and norms"),
    } satisfies Record<LayerKind, z.ZodType>)
    .prefault({}),
  trajectory: z.int().min(1).default(11).describe("networks along the benign trajectory"),
  stride: z.int().min(1).default(1).describe("passes between them: the i-th is trained i strides"),
  onPolicy: z.boolean().default(false).describe("train these networks on the images as they are by then"),
  steps: z.int().min(1).default(101).describe("updates of the set at each network"),
  lr: z.number().positive().default(0.1).describe("Adam learning rate of the images"),
  decay: z.boolean().default(false).describe("let it fall as a quarter cosine"),
  rounds: roundsOptions.optional(),
  ...budgetOptions,
  batch: z.int().min(1).default(256).describe("images an update; larger sets are updated part by part"),
  carrier: carrierOptions
    .extend({
      sources: z
        .array(z.enum(backdoorSources))
        .min(1)
        .default(["archetypes"])
        .describe("what is stamped: archetypes of the surrogate, other images as in ridge-head, or both"),
      batch: carrierOptions.shape.batch.describe("images beside the archetypes"),
      fresh: z.enum(["block", "step"]).default("block").describe("draw others at each network, or at each update"),
    })
    .prefault({}),
  surrogate: z
    .strictObject({
      networks: z.array(networkName).min(1).default(["convNet"]).describe("architectures, taking turns"),
      width: z.int().min(1).default(128).describe("width of each"),
      widths: z
        .array(z.int().min(1))
        .min(1)
        .optional()
        .describe("a width for each of them instead, in their order; one network may stand there more than once"),
      depth: z.int().min(1).max(4).default(3).describe("blocks of the surrogate ConvNet"),
      hidden: z.int().min(0).default(512).describe("extra linear layer of it before the last one; 0 = none"),
      steps: z.int().min(0).default(100).describe("full-batch SGD steps on the set before archetypes are made"),
      ...sgdOptions,
    })
    .prefault({}),
  archetype: archetypeOptions.prefault({}),
});

export type Options = z.infer<typeof options>;

/** The interceptor's networks, one line each. */
export function surrogatesOf(set: DistilledSet, { surrogate, batch }: Options, device: Device): Surrogates[] {
  const [, channels, size] = set.shape;
  const shape = { channels, size, classes: set.classes };
  const { depth, hidden } = surrogate;
  return surrogate.networks.map((name, i) => {
    const width = surrogate.widths?.[i] ?? surrogate.width;
    const network =
      name === "convNet"
        ? convNet(shape, { width, depth, hidden: hidden || undefined })
        : networks[name](shape, { width });
    return new Surrogates(network, set, surrogate, batch, device);
  });
}

const hasArchetypes = ({ carrier }: Options) => carrier.sources.includes("archetypes");
const hasOthers = ({ carrier }: Options) => carrier.sources.some((source) => source !== "archetypes");
const hasConvNet = ({ surrogate }: Options) => surrogate.networks.includes("convNet");

/** Options that only some settings read. */
export const readWhen: readonly ReadWhen<Options>[] = [
  ...triggerReadWhen,
  ...["count", "batch", "fresh"].map((name) => ({
    option: `carrier.${name}`,
    read: hasOthers,
    by: "carriers besides archetypes",
  })),
  ...["archetype", "surrogate.steps"].map((option) => ({
    option,
    read: hasArchetypes,
    by: "archetypes among the carriers",
  })),
  { option: "surrogate.width", read: ({ surrogate }) => !surrogate.widths, by: "surrogates that have no widths" },
  ...["depth", "hidden"].map((name) => ({
    option: `surrogate.${name}`,
    read: hasConvNet,
    by: "a convNet among the surrogates",
  })),
  ...["stride", "onPolicy"].map((option) => ({
    option,
    read: ({ trajectory }: Options) => trajectory > 1,
    by: "a trajectory of several networks",
  })),
  ...layerKinds.map((kind) => ({
    option: `layerWeights.${kind}`,
    read: (opts: Options) => weighed(opts).has(kind),
    by: `a distance and networks that count ${kind}`,
  })),
];

/** Kinds of layers that the distance between gradients of the surrogates counts. */
function weighed({ surrogate, distance }: Options): Set<LayerKind> {
  // The kinds depend on the architecture alone; any size that all of them take will do.
  const shape = { channels: 3, size: 32, classes: 10 };
  const present = new Set(surrogate.networks.flatMap((name) => kindsOf(networks[name](shape, { width: 8 }))));
  if (distance === "layerwise") present.delete("vectors");
  return present;
}

/** @throws UsageError for options that contradict each other. */
export function checkOptions(who: string, opts: Options, surrogates: readonly Surrogates[]): void {
  const { networks: names, widths } = opts.surrogate;
  if (widths && widths.length !== names.length)
    throw new UsageError(
      `${who}: invalid surrogate.widths: expected ${names.length}, one for each of surrogate.networks, got ${widths.length}`,
    );
  if (names.length > opts.trajectory)
    throw new UsageError(
      `${who}: invalid surrogate.networks: expected at most ${opts.trajectory}, one for each network of the trajectory, got ${names.length}`,
    );
  const hidden = names.find((name) => name !== "convNet" && name !== "convNetBN");
  if (opts.archetype.objective === "layers" && hasArchetypes(opts) && hidden)
    throw new UsageError(
      `${who}: invalid archetype.objective: expected one that needs no layers with ${hidden}, which does not show them, got layers`,
    );
  const counted = weighed(opts);
  for (const { learner } of surrogates)
    if (kindsOf(learner.network).every((kind) => !counted.has(kind) || opts.layerWeights[kind] === 0))
      throw new UsageError(`${who}: invalid layerWeights: expected one above 0 for ${learner.network.name}, got none`);
}
