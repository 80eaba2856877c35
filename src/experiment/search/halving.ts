/**
 * Successive halving: many candidates for a short while, the best of them for longer.
 *
 * Source: Jamieson and Talwalkar 2016 (arXiv 1502.07943).
 */

export interface Halving {
  /** One of so many goes on, and is given so many times the length. */
  readonly eta: number;
  readonly rungs: number;
}

/** Share of the full length that each rung gives a candidate: η^(r − R + 1), the last 1. */
export const sharesOf = ({ eta, rungs }: Halving): number[] =>
  Array.from({ length: rungs }, (_, r) => 1 / eta ** (rungs - 1 - r));

/** How many candidates each rung tries. */
export const sizesOf = (candidates: number, { eta, rungs }: Halving): number[] =>
  Array.from({ length: rungs }, (_, r) => Math.max(1, Math.floor(candidates / eta ** r)));

/** Updates that a candidate gets of its full number. */
export const stepsAt = (steps: number, share: number): number => Math.max(1, Math.round(steps * share));

/**
 * How many candidates fit into a time, if all rungs take as long as the first: the number falls as the length grows.
 * What does not depend on the length (teachers, judges) makes later rungs shorter than that.
 *
 * @param seconds in all, and of one candidate in the first rung.
 */
export const candidatesWithin = (seconds: number, one: number, { rungs }: Halving): number =>
  Math.max(1, Math.floor(seconds / (one * rungs)));

/** Best first. Whoever has no value comes last; ties fall by id, so that the order never depends on time. */
export const ranked = <T extends { readonly id: string; readonly value?: number }>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
