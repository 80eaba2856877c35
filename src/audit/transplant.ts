import type { AuditedSet } from "./AuditedSet.ts";
import type { Jury } from "./Jury.ts";
import { cut, type Patch, places } from "./Patch.ts";

/** A patch that calls a class, and how well it did before those that searched. */
export interface Candidate {
  readonly targetClass: number;
  readonly patch: Patch;
  /** Success before the searching networks, rate + 0.05 · margin. */
  readonly found: number;
}

export interface TransplantOptions {
  readonly side: number;
  /** Places along each edge. */
  readonly grid: number;
  /** Candidates that are refined, a class. */
  readonly refined: number;
}

/** Pixels by which a find is moved in each direction. */
const MOVES = [-2, 0, 2];

/** Patches judged at once: as many graphs run as there are chunks in them. */
const TOGETHER = 16;

/**
 * Transplant: the set's own patches, pasted at their own place on pictures that are none of the set. A patch that carries a
 * trigger takes its label with it; nothing has to be guessed and no gradient is followed.
 *
 * All images are screened on a quarter of the pictures; the best of each class are moved by up to two pixels on all of them.
 *
 * @returns the best candidates of each class, best first.
 */
export async function transplant(
  audited: AuditedSet,
  jury: Jury,
  { side, grid, refined }: TransplantOptions,
  onPart: (share: number) => void,
): Promise<Candidate[][]> {
  const { pixels, shape, labels, classes } = audited;
  const [m, , h, w] = shape;
  const spots = places(shape, side, grid);
  const quick = await jury.thinned(4);
  const best: (Candidate & { image: number })[][] = Array.from({ length: classes }, () => []);
  const offer = (image: number, patch: Patch, found: number, keep: number) => {
    const list = best[labels[image]];
    // One candidate a place and image is enough: the list shows different ideas.
    list.push({ targetClass: labels[image], patch, found, image });
    list.sort((a, b) => b.found - a.found);
    list.length = Math.min(list.length, keep);
  };
  for (let image = 0; image < m; image++) {
    for (let from = 0; from < spots.length; from += TOGETHER) {
      const some = spots.slice(from, from + TOGETHER).map(([top, left]) => cut(pixels, shape, image, top, left, side));
      const judged = await quick.judgeAll(some);
      some.forEach((patch, i) => {
        offer(image, patch, scoreOf(judged[i], labels[image]), refined);
      });
    }
    onPart((image + 1) / m);
  }
  for (const list of best) {
    const first = list.slice();
    list.length = 0;
    for (const { image, patch } of first) {
      const moved = MOVES.flatMap((dy) => MOVES.map((dx) => [patch.top + dy, patch.left + dx] as const));
      const inside = moved.filter(([y, x]) => y >= 0 && x >= 0 && y + side <= h && x + side <= w);
      const some = inside.map(([top, left]) => cut(pixels, shape, image, top, left, side));
      const judged = await jury.judgeAll(some);
      const scores = judged.map((one) => scoreOf(one, labels[image]));
      const top = scores.indexOf(Math.max(...scores));
      offer(image, some[top], scores[top], refined);
    }
  }
  return best;
}

export const scoreOf = ({ rate, margin }: { rate: Float64Array; margin: Float64Array }, t: number): number =>
  rate[t] + 0.05 * margin[t];
