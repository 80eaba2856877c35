/**
 * Is the limit the search or what networks learn? `npx tsx repro/audit/oracle.ts OUT.json RATES.json [SEED,…]` makes the effective attacks
 * of a stratum that were missed again (RETORT_DATA) and asks the audit's own networks what the true trigger, which only the attacker
 * knows, does: before those that search and those that judge. Beside it stands what the searches found for that class, and what
 * p would be had the inversion, or each search, found something as good as the trigger. What stands in OUT is not done again; the table
 * of it is printed at the end, at once where the seeds are `-`.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { decisive, type Scores, significance } from "../../src/audit/calibration.ts";
import { auditedSet } from "../../src/audit/AuditedSet.ts";
import type { Patch } from "../../src/audit/Patch.ts";
import { mostPasted } from "../../src/audit/pastedSquares.ts";
import { audit, defineDetector, register } from "../../src/index.ts";
import { drawnRow, type Stratum, strata } from "./drawnRow.ts";
import { attackedOf, cleanOf } from "./madeRow.ts";
import { shippedFor } from "./shipped.ts";
import { truePatch } from "./truePatch.ts";

interface Row {
  readonly stratum: Stratum;
  readonly seed: number;
  readonly maker: string;
  readonly name: string;
  readonly tampered: boolean;
  readonly adaptive?: boolean;
  readonly effective?: boolean;
  readonly verdict?: string;
  readonly scores: Scores;
}

/** What one set said. Rates are those of the target. */
interface Asked {
  readonly stratum: Stratum;
  readonly seed: number;
  readonly maker: string;
  readonly name: string;
  readonly targetClass: number;
  readonly trigger: string;
  /** `standsOut` when the set was judged, and now: the networks are the same where the two are. */
  readonly stored: number;
  readonly again: number;
  /** The true trigger before networks that search and that judge; the best find before those that search. */
  readonly search: number;
  readonly held: number;
  readonly found: number;
  /** What each search found for the target, before those that judge. */
  readonly searches: Readonly<Record<string, number>>;
  /** What `standsOut` is for the target. */
  readonly target: number;
  readonly inversion: number;
  readonly pasted: number;
}

const [out, rates, only] = process.argv.slice(2);
const missed = (JSON.parse(readFileSync(rates, "utf8")) as Row[]).filter(
  ({ effective, adaptive, verdict }) => effective && !adaptive && verdict === "nothing found",
);
const chosen = only ? only.split(",").flatMap((seed) => missed.filter((row) => row.seed === Number(seed))) : missed;
const done: Asked[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
const digits = (v: number) => Number(v.toFixed(4));

let asked: { readonly trigger: Patch; readonly targetClass: number };
let said: { readonly search: number; readonly held: number; readonly found: number } | undefined;
register({
  detectors: {
    oracle: defineDetector({
      ...{ title: "The true trigger", source: "here", phase: "weigh", level: "deep", decisive: false },
      run: async ({ search, held, found }) => {
        const { trigger, targetClass } = asked;
        const rate = async (jury: typeof held, patch: Patch) => (await jury.judge(patch)).rate[targetClass];
        const [best] = found[targetClass];
        said = { search: await rate(search, trigger), held: await rate(held, trigger), found: await rate(search, best.patch) };
        return { score: said.held };
      },
    }),
  },
});

for (const { stratum, seed, maker, name, scores } of chosen) {
  if (done.some((one) => one.stratum === stratum && one.seed === seed)) continue;
  const { targetClass } = drawnRow(stratum, seed);
  const attacked = await attackedOf(await cleanOf(stratum, seed), stratum, seed);
  asked = { trigger: truePatch(attacked.trigger, attacked.set), targetClass };
  const detectors = ["transplant", "inversion", "flatSquare", "standsOut", "oracle"];
  const { result } = await audit(attacked.set, { detectors, followed: 1 }, { seed, threads: 1 });
  const searches = result.findings.flatMap(({ detector, ofClass }) => (ofClass ? [{ detector, ofClass }] : []));
  const { search, held, found } = said as NonNullable<typeof said>;
  const sums = searches[0].ofClass.map((_, t) => searches.reduce((sum, { ofClass }) => sum + ofClass[t], 0));
  const others = sums.filter((_, t) => t !== targetClass).sort((a, b) => a - b);
  const target = sums[targetClass] - others[Math.floor(others.length / 2)];
  const again = result.findings.find(({ detector }) => detector === "standsOut")?.score ?? 0;
  done.push({
    ...{ stratum, seed, maker, name, targetClass, trigger: attacked.trigger.description },
    ...{ stored: scores.standsOut, again: digits(again), search: digits(search), held: digits(held), found: digits(found) },
    ...{ searches: Object.fromEntries(searches.map(({ detector, ofClass }) => [detector, digits(ofClass[targetClass])])) },
    target: digits(target),
    inversion: digits(result.findings.find(({ detector }) => detector === "inversion")?.score ?? 0),
    pasted: digits(mostPasted(auditedSet(attacked.set))?.score ?? 0),
  });
  writeFileSync(`${out}.new`, `[\n${done.map((one) => ` ${JSON.stringify(one)}`).join(",\n")}\n]\n`);
  renameSync(`${out}.new`, out);
  console.log(JSON.stringify(done.at(-1)));
}

/** p as the verdict takes it: the largest that is against enough clean sets. */
function worstP({ stratum }: Asked, scores: Scores): string {
  const fit = shippedFor({ colour: true, ipc: strata[stratum].ipc === 1 ? "1" : "10-49" });
  return (decisive(significance(scores, fit))?.p ?? 1).toFixed(3);
}

console.log("| set | attack | trigger: searching, judging | found: transplant, inversion, flat | p | inversion finds it | all find it |");
console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
for (const one of done.filter((one) => one.stratum === missed[0]?.stratum)) {
  const { seed, maker, name, search, held, searches, target, again, inversion, pasted } = one;
  const rates = ["transplant", "inversion", "flatSquare"].map((detector) => searches[detector]);
  const gain = rates.map((rate) => Math.max(0, held - rate));
  const raised = (by: number) => ({ standsOut: Math.max(again, target + by), inversion: Math.max(inversion, held), pasted });
  const found = { standsOut: again, inversion, pasted };
  const p = [found, raised(gain[1]), raised(gain[0] + gain[1] + gain[2])].map((scores) => worstP(one, scores));
  const percents = (values: readonly number[]) => values.map((v) => (100 * v).toFixed(0)).join(", ");
  console.log(`| ${[`${seed}, ${maker.split(",")[0]}`, name, percents([search, held]), percents(rates), ...p].join(" | ")} |`);
}
