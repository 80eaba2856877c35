import type { AuditedSet } from "./AuditedSet.ts";
import type { Jury } from "./Jury.ts";
import { cut, type Patch, places } from "./Patch.ts";

/** A patch that calls a class, and how well it did before those that searched. */
export interface Candidate {
  readonly targetClass: number;
  readonly patch: Patch;
  /** Success before the searching networks, rate + 0.05 · margin. */
  readonly found: number;
  /** Images of the class that carry it, where that was seen in the images themselves; absent: networks are asked. */
  readonly images?: readonly number[];
}

export interface TransplantOptions {
  readonly side: number;
  /** Places along each edge. */
  readonly grid: number;
  /** Candidates that are refined, a class. */
  readonly refined: number;
}

/** A place of an image, and what it scored so far. */
interface Cutting {
  readonly image: number;
  readonly top: number;
  readonly left: number;
  score: number;
  /** Pictures × networks that it was judged on. */
  judged: number;
}

/** Pixels by which a find is moved in each direction. */
const MOVES = [-2, 0, 2];
/** Patches judged at once. */
const TOGETHER = 128;
/** Share of a class's patches that stays after each round of four pictures before one network, and how many stay in any case. */
const KEPT = 0.4;
const LEAST = 24;
/** Every so-many-th picture is shown in a round. */
const STEP = 8;

/**
 * Transplant: the set's own patches, pasted at their own place on pictures that are none of the set. A patch that carries a
 * trigger takes its label with it; nothing has to be guessed and no gradient is followed.
 *
 * Patches are screened in rounds of a few pictures before one network after the other, and the worse part of each class falls out;
 * the best of each class are moved by up to two pixels before all networks and pictures.
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
  const patchOf = ({ image, top, left }: Cutting) => cut(pixels, shape, image, top, left, side);
  const score = async (by: Jury, all: readonly Cutting[]) => {
    const weight = by.pictures * by.states.length;
    for (let from = 0; from < all.length; from += TOGETHER) {
      const some = all.slice(from, from + TOGETHER);
      (await by.judgeAll(some.map(patchOf))).forEach((one, i) => {
        const cutting = some[i];
        const sum = cutting.score * cutting.judged + weight * scoreOf(one, labels[cutting.image]);
        cutting.judged += weight;
        cutting.score = sum / cutting.judged;
      });
    }
  };
  let left: Cutting[][] = Array.from({ length: classes }, () => []);
  for (let image = 0; image < m; image++)
    for (const [y, x] of spots) left[labels[image]].push({ image, top: y, left: x, score: 0, judged: 0 });
  for (const s of jury.states.keys()) {
    await score(jury.of(s, s + 1).thinned(STEP, s), left.flat());
    left = left.map((list) => bestOf(list, Math.max(LEAST, Math.round(KEPT * list.length))));
    onPart((s + 1) / (jury.states.length + 1));
  }
  left = left.map((list) => bestOf(list, LEAST));
  const quick = jury.thinned(4);
  await score(quick, left.flat());

  const found: Candidate[][] = [];
  for (const [targetClass, list] of left.entries()) {
    // Moved finds beside those they came from: the best of them are judged on everything.
    const near = new Map<string, Cutting>();
    for (const { image, top, left } of bestOf(list, refined))
      for (const dy of MOVES)
        for (const dx of MOVES) {
          const [y, x] = [top + dy, left + dx];
          if (y >= 0 && x >= 0 && y + side <= h && x + side <= w)
            near.set(`${image},${y},${x}`, { image, top: y, left: x, score: 0, judged: 0 });
        }
    const all = [...near.values()];
    await score(quick, all);
    const last = bestOf(all, refined).map((one) => ({ ...one, score: 0, judged: 0 }));
    await score(jury, last);
    found.push(bestOf(last, refined).map((one) => ({ targetClass, patch: patchOf(one), found: one.score })));
  }
  return found;
}

const bestOf = (all: readonly Cutting[], count: number): Cutting[] =>
  [...all].sort((a, b) => b.score - a.score).slice(0, count);

export const scoreOf = ({ rate, margin }: { rate: Float64Array; margin: Float64Array }, t: number): number =>
  rate[t] + 0.05 * margin[t];
