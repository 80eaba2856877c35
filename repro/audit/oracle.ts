/**
 * Is the limit the search or what networks learn? `npx tsx repro/audit/oracle.ts OUT.json RATES.json [SEED,…]` makes the effective attacks
 * of a stratum that were missed again (RETORT_DATA) and asks the audit's own networks what the true trigger, which only the attacker
 * knows, does: before those that search and those that judge. Beside it stands what the searches found for that class, and what
 * `standsOut` would be had each search found something as good as the trigger. What stands in OUT is not done again.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type Scores, significance } from "../../src/audit/calibration.ts";
import { calibrations } from "../../src/audit/calibrations.ts";
import type { Patch } from "../../src/audit/Patch.ts";
import type { Trigger } from "../../src/data/Trigger.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { attack, audit, type DistilledSet, defineDetector, distil, register } from "../../src/index.ts";
import { openRaw } from "../../src/node.ts";
import { drawnRow, type Stratum, strata } from "./drawnRow.ts";

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

/** The trigger as the audit shows it: pixels, a mask, the whole picture. */
function patchOf({ mask, pattern, channels, height, width }: Trigger, { normalisation }: DistilledSet): Patch {
  const values = toPixels(pattern, [1, channels, height, width], normalisation);
  return { top: 0, left: 0, side: height, values, mask };
}

const [out, rates, only] = process.argv.slice(2);
const missed = (JSON.parse(readFileSync(rates, "utf8")) as Row[]).filter(
  ({ effective, adaptive, verdict }) => effective && !adaptive && verdict === "nothing found",
);
const chosen = only ? only.split(",").map((seed) => missed.filter((row) => row.seed === Number(seed))).flat() : missed;
const done: { stratum: string; seed: number }[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
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
  const { source, method, settings, form, chosen: given, trigger, targetClass } = drawnRow(stratum, seed);
  const call = { seed, threads: 1 };
  const clean = await distil(await openRaw(source, "train"), method, { ipc: strata[stratum].ipc, ...settings }, call);
  const options = { ...given, targetClass, ...(trigger && { trigger }) };
  const attacked = await attack(clean, form as "cleanLabel", options as never, call);
  asked = { trigger: patchOf(attacked.trigger, attacked.set), targetClass };
  const detectors = ["transplant", "inversion", "flatSquare", "standsOut", "oracle"];
  const { result } = await audit(attacked.set, { detectors, followed: 1 }, call);
  const searches = result.findings.flatMap(({ detector, ofClass }) => (ofClass ? [{ detector, ofClass }] : []));
  const { search, held, found } = said as NonNullable<typeof said>;
  /** `standsOut` had the searches found at least so much for the target. */
  const contrast = (least: number) => {
    const sums = searches[0].ofClass.map((_, t) =>
      searches.reduce((sum, { ofClass }) => sum + Math.max(ofClass[t], t === targetClass ? least : 0), 0),
    );
    const others = sums.filter((_, t) => t !== targetClass).sort((a, b) => a - b);
    return sums[targetClass] - others[Math.floor(others.length / 2)];
  };
  const again = result.findings.find(({ detector }) => detector === "standsOut")?.score ?? 0;
  const fit = calibrations.filter(({ kind }) => kind.colour && Number.parseInt(kind.ipc, 10) === strata[stratum].ipc);
  const known = { ...scores, standsOut: contrast(held), inversion: Math.max(scores.inversion, held) };
  const p = significance(known, fit).map(({ method, n, p }) => [method, n, digits(p)]);
  done.push({
    ...{ stratum, seed, maker, name, targetClass, trigger: attacked.trigger.description },
    ...{ stored: scores.standsOut, again: digits(again), search: digits(search), held: digits(held), found: digits(found) },
    ...{ searches: Object.fromEntries(searches.map(({ detector, ofClass }) => [detector, digits(ofClass[targetClass])])) },
    ...{ target: digits(contrast(0)), known: digits(contrast(held)), p },
  } as (typeof done)[number]);
  writeFileSync(`${out}.new`, `[\n${done.map((one) => ` ${JSON.stringify(one)}`).join(",\n")}\n]\n`);
  renameSync(`${out}.new`, out);
  console.log(JSON.stringify(done.at(-1)));
}
