/**
 * A sweep of many axes in a few tables: `npx tsx repro/2502.04229/marginals.ts SWEEP.json [AXIS…]`.
 *
 * One row a value of an axis (default: every axis with several values) and attack; CTA and ASR are means over all other axes with the
 * standard deviation between trials. Rates in per cent. The last column counts the trials whose ASR is 30 points or more over the strongest control.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { summarise } from "../../src/metrics/intervals.ts";

interface Network { set: "clean" | "tampered"; seed: number; cta: number; asr?: number; asrWithoutTrigger?: number; asrRandomTrigger?: number }
interface Trial { axes: Record<string, unknown>; evaluations: Network[] }

const [file, ...chosen] = process.argv.slice(2);
const { trials: all } = JSON.parse(readFileSync(file, "utf8")) as { trials: (Trial & { status: string })[] };
const trials = all.filter(({ status }) => status === "ok");
const several = Object.keys(trials[0].axes).filter((axis) => new Set(trials.map((t) => t.axes[axis])).size > 1);
const mean = (values: (number | undefined)[]): number => {
  const known = values.filter((v) => v !== undefined);
  return known.reduce((a, b) => a + b, 0) / known.length;
};
const cell = (values: number[]): string => {
  const { mean: average, sd } = summarise(values);
  return `${(100 * average).toFixed(1)} ± ${(100 * (sd ?? Number.NaN)).toFixed(1)}`;
};

/** One number a trial: the mean over its networks. */
function rates({ evaluations }: Trial) {
  const of = (set: string) => evaluations.filter((e) => e.set === set);
  const [clean, tampered] = [of("clean"), of("tampered")];
  const measured = {
    before: mean(clean.map((e) => e.cta)),
    after: mean(tampered.map((e) => e.cta)),
    asr: mean(tampered.map((e) => e.asr)),
    cleanSet: mean(clean.map((e) => e.asr)),
    noTrigger: mean(tampered.map((e) => e.asrWithoutTrigger)),
    random: mean(tampered.map((e) => e.asrRandomTrigger)),
  };
  return { ...measured, rise: measured.asr - Math.max(measured.cleanSet, measured.noTrigger, measured.random) };
}

const groups: string[] = several.filter((axis) => axis === "set" || axis === "attack");
const valuesOf = ({ axes }: Trial, axis: string) => JSON.stringify([...groups, axis].map((name) => axes[name]));
for (const axis of chosen.length > 0 ? chosen : several.filter((a) => !groups.includes(a))) {
  console.log(`| ${[...groups, axis].join(" | ")} | trials | CTA before | CTA after | ASR | clean set, trigger | no trigger | random trigger | rise ≥ 30 |`);
  console.log(`|${" --- |".repeat(groups.length + 1)}${" ---: |".repeat(8)}`);
  const keys = [...new Set(trials.map((t) => valuesOf(t, axis)))];
  for (const group of keys.sort((a, b) => (a < b ? -1 : 1))) {
    const some = trials.filter((t) => valuesOf(t, axis) === group).map(rates);
    const columns = (["before", "after", "asr", "cleanSet", "noTrigger", "random"] as const).map((name) => cell(some.map((r) => r[name])));
    const risen = some.filter(({ rise }) => rise >= 0.3).length;
    console.log(`| ${[...(JSON.parse(group) as unknown[]), some.length, ...columns, risen].join(" | ")} |`);
  }
  console.log();
}
