import type { Jury } from "../Jury.ts";
import type { Candidate } from "../transplant.ts";
import type { Detection } from "./Detector.ts";

/** The candidate that calls its class most often before networks and pictures that did not search, and the best rate of each class. */
export async function bestHeld(held: Jury, candidates: readonly Candidate[]): Promise<Detection> {
  const judged = await held.judgeAll(candidates.map(({ patch }) => patch));
  const ofClass: number[] = new Array(held.panel.classes).fill(0);
  let best: Detection = { score: 0 };
  for (const [i, { targetClass, patch }] of candidates.entries()) {
    const score = judged[i].rate[targetClass];
    ofClass[targetClass] = Math.max(ofClass[targetClass], score);
    if (score > best.score) best = { score, targetClass, patch };
  }
  return { ...best, ofClass };
}
