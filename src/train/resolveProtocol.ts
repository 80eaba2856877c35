import { UsageError } from "../core/errors.ts";
import { filledIn, type ReadWhen, refuseIdle, type Spell } from "../core/readWhen.ts";
import { isDsa, parseAugmentation } from "../data/augment/stages.ts";
import type { Protocol } from "./protocol.ts";

const teaches = ({ labels }: Protocol) => labels === "teacher";

/** Options that only some settings of other options read. */
export const protocolReadWhen: readonly ReadWhen<Protocol>[] = [
  {
    option: "momentum",
    read: ({ optimiser }) => optimiser === "momentum" || optimiser === "nesterov",
    by: "optimiser momentum or nesterov",
    fallback: () => 0.9,
  },
  {
    option: "siamese",
    read: ({ augmentation }) => parseAugmentation(augmentation).some(isDsa),
    by: "an augmentation with DSA operators",
  },
  {
    option: "noise",
    read: ({ augmentation }) => parseAugmentation(augmentation).includes("noise"),
    by: "an augmentation with noise",
    // Chosen: a tenth of a normalised pixel's deviation, about 5 of 255 levels, hardly visible.
    fallback: () => 0.1,
  },
  { option: "mixingAlpha", read: ({ mixing }) => mixing !== "none", by: "mixing mixup or cutmix", fallback: () => 1 },
  { option: "smoothing", read: ({ labels }) => labels === "smoothed", by: "labels smoothed", fallback: () => 0.1 },
  {
    option: "temperature",
    read: ({ labels }) => labels === "set" || labels === "teacher",
    by: "labels set or teacher",
    // Chosen: common for ten classes (Hinton et al. 2015 try 1 … 20).
    fallback: (protocol) => (teaches(protocol) ? 4 : undefined),
  },
  { option: "teacher", read: teaches, by: "labels teacher", fallback: () => "convNet" },
  { option: "teacherWidth", read: teaches, by: "labels teacher" },
  { option: "teacherShare", read: teaches, by: "labels teacher", fallback: () => 0.9 },
];

/**
 * Fill in the options that depend on others.
 *
 * @param spell how an option is written for the reader of an error; default "mixingAlpha"
 * @throws UsageError for an option that would do nothing in this combination. Resolving twice changes nothing.
 * @example
 * const protocol = resolveProtocol({ ...settings, epochs: 100 });
 */
export function resolveProtocol(given: Protocol, who = "protocol", spell: Spell = (path) => path.join(".")): Protocol {
  // A wrong augmentation is told whatever else is set.
  parseAugmentation(given.augmentation);
  if (given.warmup >= given.epochs)
    throw new UsageError(
      `${who}: invalid ${spell(["warmup"])}: expected fewer than the ${given.epochs} epochs of training, got ${given.warmup}`,
    );
  refuseIdle(who, protocolReadWhen, given, undefined, spell);
  return filledIn(protocolReadWhen, given);
}
