import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { toPixels } from "../../data/normalise.ts";
import { cutOffSpace } from "./cutOffSpace.ts";

type AnySet = DistilledSet | LabelledSet;

/** Two sets to compare, and what was said of their normalisation that lays them side by side. */
export interface ToldSpace {
  readonly first: AnySet;
  readonly second: AnySet;
  /** A sentence, where only one of them says its normalisation, or both say another. */
  readonly said?: string;
  /** Both say their normalisation, and not the same one. */
  readonly contradict?: boolean;
}

/** Chosen: sets in different spaces share few numbers, copies of one set most of them, edited ones too. */
const mostlyEqual = 0.5;
/** bfloat16, the coarsest float that sets are stored in, keeps 8 bits of mantissa. */
const nearly = 2 ** -8;
/** Half a step of 8 bits, and the noise of a normalisation that is undone. */
const halfByte = 0.5 / 255 + 1e-4;

/**
 * Find out whether two sets hold the same stored numbers although they say different things about them.
 *
 * A conversion that only writes down the normalisation leaves every number as it was: nothing was rescaled. The set that does not say, or
 * says another, is then read as the one that does.
 */
export function tellSpace(first: AnySet, second: AnySet): ToldSpace {
  if (first.kind !== "distilled" || second.kind !== "distilled") return { first, second };
  const [a, b] = [first.normalisation, second.normalisation];
  if (a.kind === "unknown" && b.kind === "unknown") return cutOff(first, second);
  // Who contradicts must hold the very same numbers: two normalisations may lie close together.
  const tolerance = a.kind === "unknown" || b.kind === "unknown" ? nearly : 0;
  if (
    JSON.stringify(spaceOf(a)) === JSON.stringify(spaceOf(b)) ||
    shareOfEqual(first.images, second.images, tolerance) < mostlyEqual
  )
    return { first, second };
  if (a.kind === "unknown")
    return {
      first: { ...first, normalisation: b },
      second,
      said: `only the second says its normalisation (${nameOf(b)})`,
    };
  if (b.kind === "unknown")
    return {
      first,
      second: { ...second, normalisation: a },
      said: `only the first says its normalisation (${nameOf(a)})`,
    };
  return {
    first,
    second: { ...second, normalisation: a },
    said: `of the same stored values the first says the normalisation ${nameOf(a)}, the second ${nameOf(b)}`,
    contradict: true,
  };
}

/** Where neither says its normalisation but one is cut off at black and white, both are read as that tells, if they then are alike. */
function cutOff(first: DistilledSet, second: DistilledSet): ToldSpace {
  const [a, b] = [cutOffSpace(first), cutOffSpace(second)];
  const normalisation = a ?? b;
  if (normalisation === undefined || (a && b && a !== b)) return { first, second };
  const [x, y] = [first, second].map(({ images, shape }) =>
    toPixels(images, shape, normalisation).map((value) => Math.min(1, Math.max(0, value))),
  );
  if (shareOfEqual(x, y, halfByte) < mostlyEqual) return { first, second };
  const who = a && b ? "both are" : `the ${a ? "first" : "second"} is`;
  return {
    first: { ...first, normalisation },
    second: { ...second, normalisation },
    said: `neither says its normalisation, and ${who} cut off where black and white of ${nameOf(normalisation)} are`,
  };
}

/** Names do not count where the numbers are there. Whitenings are told by what they were fitted to; matrices are long. */
function spaceOf(normalisation: Normalisation): unknown {
  if (normalisation.kind === "meanStd") return [normalisation.mean, normalisation.std];
  if (normalisation.kind !== "zca") return normalisation;
  const { whitening, ...said } = normalisation;
  return { ...said, known: whitening !== undefined };
}

function nameOf(normalisation: Normalisation): string {
  return ("name" in normalisation ? normalisation.name : undefined) ?? normalisation.kind;
}

/** Share of the stored numbers that are the same, over the images at the same place. */
function shareOfEqual(x: Float32Array, y: Float32Array, tolerance: number): number {
  const length = Math.min(x.length, y.length);
  let equal = 0;
  for (let i = 0; i < length; i++) if (Math.abs(x[i] - y[i]) <= tolerance * Math.max(1, Math.abs(x[i]))) equal++;
  return length === 0 ? 0 : equal / length;
}
