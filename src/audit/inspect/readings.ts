import type { NormalisationGuess } from "./guessNormalisation.ts";

/** Chosen: a guess of this confidence was never wrong on real sets (docs/formats.md). */
export const sure = 0.8;
/** Chosen: what is left out together, where no guess is sure, is as unlikely as tests of the field allow. */
const covered = 0.95;

/**
 * The guesses that the numbers leave open: the best one alone where it is sure, else the fewest that hold 95 % of the
 * confidence together.
 *
 * Optimised images have no grid, no black and no white: two normalisations then differ by a brightness, a contrast and a tint
 * that distilling itself changes by as much.
 *
 * @param guesses the likeliest first.
 */
export function openReadings(guesses: readonly NormalisationGuess[]): readonly NormalisationGuess[] {
  if (guesses.length === 0 || guesses[0].confidence >= sure) return guesses.slice(0, 1);
  let sum = 0;
  const end = guesses.findIndex(({ confidence }) => {
    sum += confidence;
    return sum >= covered;
  });
  return guesses.slice(0, end < 0 ? guesses.length : end + 1);
}

/** `cifar-10 (91 %)`, or `ambiguous between cifar-10 (54 %) and svhn (30 %)`. */
export function describeReadings(guesses: readonly NormalisationGuess[]): string {
  const named = openReadings(guesses).map(({ name, confidence }) => `${name} (${Math.round(100 * confidence)} %)`);
  if (named.length === 1) return named[0];
  return `ambiguous between ${named.slice(0, -1).join(", ")} and ${named.at(-1)}`;
}
