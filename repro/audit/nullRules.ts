/**
 * How often the rules of Neural Cleanse and MM-BD fire where no class is unlike the others: `npx tsx repro/audit/nullRules.ts`. The statistics
 * of ten classes are drawn alike, from a normal and from gamma distributions, 20 000 times each. Nothing is trained.
 */
import { marginP } from "../../src/audit/detectors/maximumMargin.ts";
import { key, Stream } from "../../src/core/random.ts";
import { madIndex } from "../../src/metrics/madIndex.ts";

const [CLASSES, TRIALS] = [10, 20_000];
const stream = new Stream(key("null rules"));
/** Sum of `shape` exponential numbers. */
const gamma = (shape: number) =>
  Array.from({ length: shape }, () => -Math.log(1 - stream.uniform())).reduce((a, b) => a + b, 0);
const draws: Record<string, () => number> = {
  normal: () => 10 + stream.normal(),
  "gamma of shape 2": () => gamma(2),
  "gamma of shape 20": () => gamma(20),
};
for (const [name, draw] of Object.entries(draws)) {
  let [small, large] = [0, 0];
  for (let i = 0; i < TRIALS; i++) {
    const classes = Array.from({ length: CLASSES }, draw);
    if (madIndex(classes).index.some((v) => v < -2)) small++;
    if ((marginP(classes) ?? 1) <= 0.05) large++;
  }
  const share = (n: number) => `${((100 * n) / TRIALS).toFixed(1)} %`;
  console.log(`${name}: a class below 2 deviations in ${share(small)}, p ≤ 0.05 of the largest margin in ${share(large)}`);
}
