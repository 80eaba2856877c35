import { Scope } from "../core/closable.ts";
import { Stream } from "../core/random.ts";
import { adam } from "./adam.ts";
import type { DetectorContext } from "./detectors/Detector.ts";
import { marginClimb } from "./marginClimb.ts";

/** Pictures of noise that each class is climbed from, and Adam's steps and their size in pixels. Chosen: as few as tell the same. */
const STARTS = 2;
const STEPS = 30;
const STEP = 0.07;
/** Most classes that climb at once: memory stays what the rest of the audit takes. */
const TOGETHER = 16;

/**
 * The largest margin of each class over all pictures, as MM-BD asks for it (arXiv 2205.06900), found by Adam from noise: the mean over
 * all networks of the audit. One network's order of classes is chance; what several agree on is the set's.
 *
 * @returns logit of the class less the largest other one, [K]
 * @throws the signal's reason once the audit is aborted
 */
export async function largestMargins({ audited, panel, states, key, device }: DetectorContext): Promise<Float64Array> {
  const { shape, classes } = audited;
  const together = Math.min(classes, TOGETHER);
  const n = together * STARTS;
  const size = shape[1] * shape[2] * shape[3];
  await using scope = new Scope();
  const run = scope.hold(await marginClimb(panel, audited, n, device));
  const mean = new Float64Array(classes);
  const stream = new Stream(key);
  for (const { weights, running } of states)
    for (let from = 0; from < classes; from += together) {
      // The last group is filled up with classes that were asked before.
      const classOf = (i: number) => (from + Math.floor(i / STARTS)) % classes;
      const towards = new Float32Array(n * classes);
      for (let i = 0; i < n; i++) towards[i * classes + classOf(i)] = 1;
      const noise = Float32Array.from({ length: n * size }, () => stream.uniform());
      const climb = adam(noise, STEP, undefined, (v) => Math.min(1, Math.max(0, v)));
      for (let step = 0; step < STEPS; step++) {
        panel.count(3 * n);
        climb.step((await run(weights, running, climb.values, towards)).gradient);
      }
      const { margins } = await run(weights, running, climb.values, towards);
      for (let t = from; t < Math.min(classes, from + together); t++) {
        const own = margins.subarray((t - from) * STARTS, (t - from + 1) * STARTS);
        mean[t] += Math.max(...own) / states.length;
      }
    }
  return mean;
}
