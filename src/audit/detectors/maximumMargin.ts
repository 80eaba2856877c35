import { Scope } from "../../core/closable.ts";
import { Stream } from "../../core/random.ts";
import { gammaBelow, gammaFit } from "../../metrics/gammaDistribution.ts";
import type { Floats } from "../../nn/Network.ts";
import { marginClimb } from "../marginClimb.ts";
import { type DetectorContext, defineDetector } from "./Detector.ts";

/** Level of the test. */
const LEVEL = 0.05;
/** Random pictures that each class is climbed from, steps and their size, as the authors' program has them. */
const STARTS = 30;
const STEPS = 300;
const STEP = 1e-2;
/** Relative change of the loss at which it stops. */
const STILL = 1e-5;
/** Fewest classes whose others can be fitted. Chosen: a distribution of two parameters needs more than three numbers. */
const LEAST_CLASSES = 5;

/**
 * MM-BD: the largest margin of each class over all pictures, found by climbing from noise. A target class has a larger one than the
 * others: p of the largest under a gamma distribution that is fitted to the others. Needs no picture of the set.
 *
 * Differs: shape and scale by maximum likelihood, without the third parameter (a shift) that a library fits to nine numbers; one of the
 * audit's networks. Of ten classes that are alike the rule accuses one in 20 to 26 % of draws (docs/audit.md).
 */
export const maximumMargin = defineDetector({
  title: "MM-BD: a class with a far larger margin",
  source: "Wang et al., arXiv 2205.06900, algorithm 1",
  phase: "read",
  level: "deep",
  decisive: false,
  async run(context) {
    const { classes } = context.audited;
    const silent = { score: 0, alarm: false, threshold: LEVEL };
    if (classes < LEAST_CLASSES)
      return { ...silent, note: `${classes} classes are too few to fit what is usual to the others` };
    const margins = await largestMargins(context);
    const score = Math.max(...margins);
    const targetClass = margins.indexOf(score);
    const p = marginP(margins);
    if (p === undefined) return { ...silent, note: "the margins of the other classes are equal, or not all positive" };
    // Higher is more suspicious: the margin itself has no scale of its own.
    return { score: 1 - p, targetClass, alarm: p <= LEVEL, threshold: 1 - LEVEL };
  },
});

/**
 * Chance that the largest of K margins is as large if all follow the gamma distribution of those that are not.
 *
 * @returns undefined where nothing can be fitted.
 */
export function marginP(margins: readonly number[]): number | undefined {
  const at = margins.indexOf(Math.max(...margins));
  const others = margins.filter((_, t) => t !== at);
  if (others.some((v) => !(v > 0)) || others.every((v) => v === others[0])) return undefined;
  return 1 - gammaBelow(margins[at], gammaFit(others)) ** margins.length;
}

async function largestMargins({ audited, panel, states, key, device }: DetectorContext): Promise<number[]> {
  const { shape, classes } = audited;
  const size = shape[1] * shape[2] * shape[3];
  await using scope = new Scope();
  const run = scope.hold(await marginClimb(panel, audited, STARTS, device));
  const { weights, running } = states[0];
  const stream = new Stream(key);
  const found: number[] = [];
  for (let t = 0; t < classes; t++) {
    let pictures: Floats = Float32Array.from({ length: STARTS * size }, () => stream.uniform());
    const towards = Float32Array.from({ length: STARTS * classes }, (_, i) => (i % classes === t ? 1 : 0));
    let best = Number.NEGATIVE_INFINITY;
    let before = 1000;
    for (let step = 0; step < STEPS; step++) {
      panel.count(3 * STARTS);
      const { loss, gradient, margins } = await run(weights, running, pictures, towards);
      best = margins.reduce((a, b) => Math.max(a, b));
      pictures = pictures.map((v, p) => v - STEP * gradient[p]);
      if (Math.abs(before - loss[0]) / Math.abs(before) < STILL) break;
      before = loss[0];
    }
    found.push(best);
  }
  return found;
}
