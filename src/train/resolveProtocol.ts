import { UsageError } from "../core/errors.ts";
import { filledIn, type ReadWhen, refuseIdle, type Spell } from "../core/readWhen.ts";
import { isDsa, parseAugmentation, type Stage, usualLeastArea, usualParts } from "../data/augment/stages.ts";
import type { Protocol } from "./protocol.ts";

const teaches = ({ labels }: Protocol) => labels === "teacher";
const rawTeacher = (protocol: Protocol) => teaches(protocol) && protocol.teacherFrom === "raw";
/** A teacher that the set names says itself what it is. */
const describesTeacher = (protocol: Protocol) =>
  teaches(protocol) && (protocol.teacherFrom !== "raw" || protocol.teacherEpochs !== undefined);
const hasStage =
  (stage: Stage) =>
  ({ augmentation }: Protocol) =>
    parseAugmentation(augmentation).includes(stage);

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
    read: hasStage("noise"),
    by: "an augmentation with noise",
    // Chosen: a tenth of a normalised pixel's deviation, about 5 of 255 levels, hardly visible.
    fallback: () => 0.1,
  },
  {
    option: "leastArea",
    read: hasStage("resized-crop"),
    by: "an augmentation with resized-crop",
    fallback: () => usualLeastArea,
  },
  { option: "parts", read: hasStage("shuffle"), by: "an augmentation with shuffle", fallback: () => usualParts },
  { option: "mixingAlpha", read: ({ mixing }) => mixing !== "none", by: "mixing mixup or cutmix", fallback: () => 1 },
  // Absent means 1, and below absent means set: trials that were planned before these were there keep their ids.
  { option: "mixingChance", read: ({ mixing }) => mixing !== "none", by: "mixing mixup or cutmix" },
  { option: "smoothing", read: ({ labels }) => labels === "smoothed", by: "labels smoothed", fallback: () => 0.1 },
  {
    option: "temperature",
    read: ({ labels }) => labels === "set" || labels === "teacher",
    by: "labels set or teacher",
    // Chosen: common for ten classes (Hinton et al. 2015 try 1 … 20).
    fallback: (protocol) => (teaches(protocol) ? 4 : undefined),
  },
  { option: "teacherFrom", read: teaches, by: "labels teacher" },
  { option: "teacherEpochs", read: rawTeacher, by: "a teacher of the raw images" },
  {
    option: "teacher",
    read: describesTeacher,
    by: "labels teacher, of the set or with teacherEpochs",
    fallback: () => "convNet",
  },
  { option: "teacherWidth", read: describesTeacher, by: "labels teacher, of the set or with teacherEpochs" },
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
  refuseTogether(given, who, spell);
  refuseIdle(who, protocolReadWhen, given, undefined, spell);
  return filledIn(protocolReadWhen, given);
}

function refuseTogether(given: Protocol, who: string, spell: Spell): void {
  if (teaches(given) && given.loss === "squared")
    throw new UsageError(
      `${who}: invalid ${spell(["loss"])}: expected cross-entropy with labels teacher, whose answers are probabilities, got squared`,
    );
  if (rawTeacher(given) && given.input === "zca")
    throw new UsageError(
      `${who}: invalid ${spell(["input"])}: expected as-is, clamp or 8-bit with a teacher of the raw images, got zca, which it never saw`,
    );
}
