import type { AuditedSet } from "./AuditedSet.ts";
import type { Jury } from "./Jury.ts";
import { flatStarts } from "./starts.ts";
import { type Candidate, scoreOf } from "./transplant.ts";

/** Places along each edge. */
const GRID = 10;
/** Squares of each class that all pictures are asked about. */
const KEPT = 8;

/** The flat square of a corner colour, anywhere, that calls each class best before those that search. @param side in pixels */
export async function flatSquares(
  { shape, classes }: AuditedSet,
  search: Jury,
  side: number,
): Promise<readonly Candidate[]> {
  const squares = flatStarts(shape, side, GRID);
  const rough = await search.thinned(4).judgeAll(squares);
  const best: Candidate[] = [];
  for (let t = 0; t < classes; t++) {
    const order = [...squares.keys()].sort((a, b) => scoreOf(rough[b], t) - scoreOf(rough[a], t)).slice(0, KEPT);
    const judged = await search.judgeAll(order.map((i) => squares[i]));
    const all = order.map((i, k) => ({ targetClass: t, patch: squares[i], found: scoreOf(judged[k], t) }));
    best.push(all.reduce((a, b) => (b.found > a.found ? b : a)));
  }
  return best;
}
