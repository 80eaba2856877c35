import * as z from "zod";
import { distinct } from "../../core/distinct.ts";
import { networkName } from "../../nn/networkName.ts";

/** How candidates are judged. */
export const scoreOptions = {
  architectures: distinct(z.array(networkName).min(1)).default(["convNet"]).describe("networks that judge"),
  width: z.int().min(1).default(32).describe("width of each"),
  networks: z.int().min(2).default(3).describe("networks of each architecture and set; they need one another"),
  epochs: z.int().min(1).default(100).describe("passes over the set of each"),
  images: z.int().min(1).default(500).describe("held-out images of each kind: dead leaves, and the set's, augmented"),
  // Chosen: about the two points of real accuracy that an attack may cost to go unnoticed; held-out loss is about three times as large.
  tolerance: z.number().min(0).max(1).default(0.06).describe("held-out loss that costs nothing, a fraction"),
  // Chosen: an attack that shows is a failed one: ten points of success make up for two points of loss beyond the tolerance.
  weight: z.number().min(0).default(5).describe("what each further part of held-out loss costs in success"),
};

export type ScoreOptions = z.infer<z.ZodObject<typeof scoreOptions>>;

/** What one network that was trained on the tampered set does on held-out images, beside the clean one of the same seed. Fractions. */
export interface NetworkScore {
  readonly architecture: string;
  readonly seed: number;
  /** Images that clean networks do not call t, stamped, called t. */
  readonly heldAsr: number;
  /** Its controls: the clean network with the trigger; the tampered one without it, and with a random one of equal energy. */
  readonly cleanWithTrigger: number;
  readonly withoutTrigger: number;
  readonly randomTrigger: number;
  /** Unstamped images that are called as the other clean networks call them together; by the tampered network and by the clean one. */
  readonly agreement: number;
  readonly cleanAgreement: number;
  /** Augmented images of the set that get their own label, likewise. */
  readonly accuracy: number;
  readonly cleanAccuracy: number;
}

/** Means over networks, and the one number that candidates are ranked by. */
export interface Score extends Omit<NetworkScore, "architecture" | "seed"> {
  /** Held-out ASR above the strongest control. */
  readonly rise: number;
  /** How much worse than the clean network of the same seed: the mean of the falls of agreement and of accuracy. */
  readonly heldLoss: number;
  readonly value: number;
}

/**
 * value = rise − weight · max(0, heldLoss − tolerance).
 *
 * `Chosen:` the mean of two losses. Agreement alone can be had without knowledge; accuracy alone favours the clean networks, which
 * were trained on just these images.
 */
export function scoreOf(list: readonly NetworkScore[], { tolerance, weight }: ScoreOptions): Score {
  const mean = (name: keyof Omit<NetworkScore, "architecture" | "seed">) =>
    list.reduce((sum, one) => sum + one[name], 0) / list.length;
  const rates = {
    heldAsr: mean("heldAsr"),
    cleanWithTrigger: mean("cleanWithTrigger"),
    withoutTrigger: mean("withoutTrigger"),
    randomTrigger: mean("randomTrigger"),
    agreement: mean("agreement"),
    cleanAgreement: mean("cleanAgreement"),
    accuracy: mean("accuracy"),
    cleanAccuracy: mean("cleanAccuracy"),
  };
  const rise = rates.heldAsr - Math.max(rates.cleanWithTrigger, rates.withoutTrigger, rates.randomTrigger);
  const heldLoss = (rates.cleanAgreement - rates.agreement + rates.cleanAccuracy - rates.accuracy) / 2;
  return { ...rates, rise, heldLoss, value: rise - weight * Math.max(0, heldLoss - tolerance) };
}
