import { UsageError } from "../core/errors.ts";
import { isDsa, parseAugmentation } from "../data/augment/stages.ts";
import type { Protocol } from "./protocol.ts";

interface Dependent {
  readonly option: keyof Protocol;
  /** Whether the other settings read the option. */
  readonly read: (protocol: Protocol) => boolean;
  /** The settings that read it, as a person writes them. */
  readonly by: string;
  readonly fallback?: (protocol: Protocol) => unknown;
}

const teaches = ({ labels }: Protocol) => labels === "teacher";

/** Options that only some settings of other options read. */
const dependents: readonly Dependent[] = [
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
 */
export function resolveProtocol(
  given: Protocol,
  who = "protocol",
  spell: (option: string) => string = (option) => option,
): Protocol {
  if (given.warmup >= given.epochs)
    throw new UsageError(
      `${who}: invalid ${spell("warmup")}: expected fewer than the ${given.epochs} epochs of training, got ${given.warmup}`,
    );
  const filled: Record<string, unknown> = { ...given };
  for (const { option, read, by, fallback } of dependents) {
    const value = given[option];
    const silent = value === undefined || value === false;
    if (read(given)) {
      const known = value ?? fallback?.(given);
      if (known !== undefined) filled[option] = known;
    } else if (!silent)
      throw new UsageError(
        `${who}: invalid ${spell(option)}: expected it only with ${by}, got ${value}; it would do nothing`,
      );
  }
  return filled as Protocol;
}
