import * as z from "zod";
import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { applyTrigger, type Trigger } from "../../data/Trigger.ts";
import type { Floats } from "../../nn/Network.ts";
import { logitsOf } from "../../train/logits.ts";
import { argmaxRows } from "../../train/targets.ts";
import { heldOut } from "../common/heldOut.ts";
import type { Surrogates } from "../common/surrogate.ts";

/** The trajectory over again, with more weight on the backdoor, until the interceptor's own networks answer. */
export const roundsOptions = z.strictObject({
  most: z.int().min(1).default(5).describe("times along the trajectory; another only where too little was reached"),
  growth: z.number().min(1).default(1.2).describe("factor of alpha from one to the next"),
  enough: z
    .number()
    .min(0)
    .max(1)
    .default(0.85)
    .describe("share of stamped held-out images that new networks call the target"),
  networks: z
    .int()
    .min(1)
    .default(4)
    .describe("new networks that are asked, trained on the images as they are; fewer once enough is out of reach"),
  passes: z.int().min(1).default(100).describe("passes of each"),
  images: z.int().min(1).default(200).describe("held-out images of each kind: dead leaves, and the set's, augmented"),
});

export type RoundsOptions = z.infer<typeof roundsOptions>;

/** What one time along the trajectory had as weight, and reached. */
export interface Round {
  readonly alpha: number;
  /** Mean share over the networks that were asked. */
  readonly success: number;
  /** How many were asked. */
  readonly networks: number;
}

/**
 * What the metadata of a tampered set says of its rounds, in words.
 *
 * @returns undefined where they say nothing of any
 * @example
 * roundsInWords({ rounds: [{ alpha: 0.25, success: 0.168 }] }); // "alpha 0.25: 16.8 % of stamped held-out images …"
 */
export function roundsInWords({ rounds }: Readonly<Record<string, unknown>>): string | undefined {
  const { success: told } = z
    .array(z.object({ alpha: z.number(), success: z.number() }))
    .min(1)
    .safeParse(rounds);
  if (!told) return undefined;
  const each = (rounds as readonly Round[]).map(
    ({ alpha, success }) => `alpha ${Number(alpha.toPrecision(3))}: ${(100 * success).toFixed(1)} %`,
  );
  return `${each.join(", ")} of stamped held-out images called the target by the new networks that were asked`;
}

/** Whether enough was reached, or the last round is over. */
export const isOver = (rounds: readonly Round[], { enough, most }: RoundsOptions): boolean =>
  rounds.length >= most || (rounds.at(-1)?.success ?? -1) >= enough;

/**
 * The weight of the backdoor in a round.
 *
 * @returns at most 1
 */
export const alphaOf = (round: number, alpha: number, { growth }: RoundsOptions): number =>
  Math.min(1, alpha * growth ** round);

/** Whether the mean of all networks can still be enough, were all that is left perfect. */
const mayBeEnough = (rates: readonly number[], { networks, enough }: RoundsOptions): boolean =>
  mean([...rates, ...Array.from({ length: networks - rates.length }, () => 1)]) >= enough;

const mean = (rates: readonly number[]): number => rates.reduce((sum, rate) => sum + rate, 0) / rates.length;

/**
 * Train new networks on the images as they are and ask them about images that neither they nor the attack have seen: of those
 * that a network does not call the target anyway, the share that it does with the trigger. Raw data has no part.
 *
 * @param images of the tampered set, in its space
 * @param last of all rounds: all networks are asked. Before, no more than it takes to know that there is not enough
 */
export async function heldSuccess(
  surrogates: readonly Surrogates[],
  set: DistilledSet,
  images: Floats,
  trigger: Trigger,
  target: number,
  options: RoundsOptions,
  key: Key,
  last: boolean,
): Promise<Omit<Round, "alpha">> {
  const plain = heldOut(set, options.images, child(key, "held-out")).images;
  const stamped = applyTrigger(trigger, plain);
  const rates: number[] = [];
  while (rates.length < options.networks && (last || mayBeEnough(rates, options))) {
    const nth = rates.length;
    const one = surrogates[nth % surrogates.length];
    const state = await one.trained(options.passes, child(key, nth), images);
    const said = async (x: Floats) => argmaxRows(await logitsOf(one.learner, state, x), set.classes);
    const [without, having] = [await said(plain), await said(stamped)];
    const others = [...without.keys()].filter((row) => without[row] !== target);
    rates.push(others.filter((row) => having[row] === target).length / Math.max(1, others.length));
  }
  return { success: mean(rates), networks: rates.length };
}
