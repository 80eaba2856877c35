import type { Jury } from "../Jury.ts";
import type { Candidate } from "../transplant.ts";
import type { Detection } from "./Detector.ts";

/** The candidate that calls its class most often before networks and pictures that did not search. */
export async function bestHeld(held: Jury, candidates: readonly Candidate[]): Promise<Detection> {
  const judged = await held.judgeAll(candidates.map(({ patch }) => patch));
  let best: Detection = { score: 0 };
  for (const [i, { targetClass, patch }] of candidates.entries()) {
    const score = judged[i].rate[targetClass];
    if (score > best.score) best = { score, targetClass, patch };
  }
  return best;
}
