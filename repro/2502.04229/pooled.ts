/**
 * Sweeps of the same sets with other seeds of the attack, as one table: `npx tsx repro/2502.04229/pooled.ts SWEEP.json…`. Markdown. Means
 * over the receivers of a seed, then over seeds; in brackets the 95 % interval of the mean over seeds (Student's t).
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { summarise } from "../../src/metrics/intervals.ts";

interface Rates {
  readonly set: string;
  readonly cta: number;
  readonly asr: number;
  readonly asrWithoutTrigger: number;
  readonly asrRandomTrigger?: number;
}

interface Trial {
  readonly status: string;
  readonly axes: { readonly seed: number; readonly set: string };
  readonly evaluations: readonly Rates[];
}

const trials = process.argv.slice(2).flatMap((file) => (JSON.parse(readFileSync(file, "utf8")) as { trials: Trial[] }).trials);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const digits = (v: number) => (100 * v).toFixed(1);
const withInterval = (values: readonly number[]) => {
  const { mean: middle, low, high } = summarise(values);
  return `${digits(middle)} (${digits(low)} … ${digits(high)})`;
};

console.log("| set | seeds | CTA before → after | loss | ASR | by seed | least receiver | rise over the strongest control |");
console.log("| --- | ---: | --- | --- | --- | --- | ---: | --- |");
for (const set of [...new Set(trials.map(({ axes }) => axes.set))]) {
  const own = trials.filter((one) => one.status === "ok" && one.axes.set === set).sort((a, b) => a.axes.seed - b.axes.seed);
  const of = (which: "clean" | "tampered", rate: (one: Rates) => number) =>
    own.map(({ evaluations }) => mean(evaluations.filter((one) => (one.set === "clean") === (which === "clean")).map(rate)));
  const [before, after] = [of("clean", ({ cta }) => cta), of("tampered", ({ cta }) => cta)];
  const asr = of("tampered", (one) => one.asr);
  const controls = [
    of("clean", (one) => one.asr),
    of("tampered", (one) => one.asrWithoutTrigger),
    of("tampered", (one) => one.asrRandomTrigger ?? 0),
  ].sort((a, b) => mean(b) - mean(a));
  const least = Math.min(...own.flatMap(({ evaluations }) => evaluations.filter((one) => one.set !== "clean").map((one) => one.asr)));
  const cells = [
    ...[`\`${set}\``, own.length, `${digits(mean(before))} → ${digits(mean(after))}`],
    withInterval(before.map((v, i) => v - after[i])),
    ...[withInterval(asr), asr.map(digits).join(", "), digits(least)],
    withInterval(asr.map((v, i) => v - controls[0][i])),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
