import type { Success } from "../Jury.ts";
import { flatStarts } from "../starts.ts";
import { type Candidate, scoreOf } from "../transplant.ts";
import { bestHeld } from "./bestHeld.ts";
import { defineDetector } from "./Detector.ts";

/**
 * Chosen: on ten sets of ten images a class 3×3 told attacked sets from clean ones, 5×5 did not. What is planted is learnt so well that a
 * part of it will do; what is natural of a class wants a larger piece.
 */
const SIDE = 3;
/** Places along each edge. */
const GRID = 10;
/** Squares of each class that all pictures are asked about. */
const KEPT = 8;
/** Squares judged at once. */
const TOGETHER = 64;

/** Small flat squares of the corner colours, at every place: nothing is searched by descent, so that clean sets cannot be talked into much. */
export const flatSquare = defineDetector({
  title: "Flat squares: does a small square of one colour call a class?",
  source: "Retort, docs/audit.md",
  phase: "read",
  level: "default",
  decisive: true,
  async run({ audited: { shape, classes }, search, held }) {
    const squares = flatStarts(shape, SIDE, GRID);
    const quick = search.thinned(4);
    const rough: Success[] = [];
    for (let from = 0; from < squares.length; from += TOGETHER)
      rough.push(...(await quick.judgeAll(squares.slice(from, from + TOGETHER))));
    const candidates: Candidate[] = [];
    for (let t = 0; t < classes; t++) {
      const order = [...squares.keys()].sort((a, b) => scoreOf(rough[b], t) - scoreOf(rough[a], t)).slice(0, KEPT);
      const judged = await search.judgeAll(order.map((i) => squares[i]));
      const all = order.map((i, k) => ({ targetClass: t, patch: squares[i], found: scoreOf(judged[k], t) }));
      candidates.push(all.reduce((best, one) => (one.found > best.found ? one : best)));
    }
    return bestHeld(held, candidates);
  },
});
