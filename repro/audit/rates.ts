/**
 * How often the audit is right with the libraries that ship: `npx tsx repro/audit/rates.ts OUT.json STRATUM FROM TO [LEVEL]`,
 * or LIST COUNT for FROM TO: so many of a list of drawnRow.ts.
 *
 * Every number from 20000 on names one set of a stratum that no library holds, made from raw data (RETORT_DATA) with that seed, and one
 * attack on it, both drawn by the number alone: written down before any of it was judged. The set is audited as it is. One receiver of
 * width 32 says on 500 test images what the attack does; where it raises ASR by 30 points the attacked set is audited too. What
 * stands in OUT is not done again; rows are added one by one.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Level } from "../../src/audit/settings.ts";
import { UsageError } from "../../src/core/errors.ts";
import { audit, type DistilledSet, evaluate } from "../../src/index.ts";
import { drawnRow, isStratum, lists, strata } from "./drawnRow.ts";
import { attackedOf, cleanOf, raw } from "./madeRow.ts";

/** Points that an attack must raise ASR by on real images to be called effective. */
const EFFECTIVE = 0.3;

interface Row {
  readonly stratum: string;
  readonly seed: number;
  readonly name: string;
}

const [out, drawnFrom, from, to, level = "default"] = process.argv.slice(2);
if (!isStratum(drawnFrom))
  throw new UsageError(`rates: unknown stratum: expected ${Object.keys(strata).join(", ")}, got ${drawnFrom}`);
const stratum = level === "default" ? drawnFrom : `${drawnFrom}, ${level}`;
const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
const keep = (row: Row & Record<string, unknown>) => {
  rows.push(row);
  writeFileSync(`${out}.new`, `[\n${rows.map((one) => ` ${JSON.stringify(one)}`).join(",\n")}\n]\n`);
  renameSync(`${out}.new`, out);
  console.log(JSON.stringify(row).slice(0, 330));
};
const digits = (v: number | undefined) => v !== undefined && Number(v.toFixed(4));

const numbers = Object.hasOwn(lists, from)
  ? (lists[from][drawnFrom] ?? []).slice(0, Number(to))
  : Array.from({ length: Number(to) - Number(from) }, (_, i) => Number(from) + i);
for (const seed of numbers) {
  const { source, method, name, place, colour, knows } = drawnRow(drawnFrom, seed);
  const missing = ["clean", name].filter(
    (one) => !rows.some((row) => row.stratum === stratum && row.seed === seed && row.name === one),
  );
  if (missing.length === 0) continue;
  const call = { seed, threads: 1 };
  const clean = await cleanOf(drawnFrom, seed);
  const same = { stratum, seed, maker: `${method}, ${source}` };
  const judged = async (set: DistilledSet) => {
    const started = process.cpuUsage();
    const { conclusion, result } = await audit(set, { level: level as Level }, call);
    const { user, system } = process.cpuUsage(started);
    const { verdict, suspect, significance } = conclusion;
    return {
      verdict,
      p: significance.map(({ method: against, n, p }) => [against, n, digits(p)]),
      ...(suspect && {
        ...{ suspected: suspect.targetClass, place: [suspect.patch.top, suspect.patch.left, suspect.patch.side] },
        ...{ images: suspect.support.flagged, rise: digits(suspect.confirmation.rise) },
      }),
      scores: Object.fromEntries(result.findings.map(({ detector, score }) => [detector, digits(score)])),
      pasted: result.findings.find(({ detector }) => detector === "pasted")?.images,
      seconds: digits((user + system) / 1e6),
    };
  };
  if (missing.includes("clean")) keep({ ...same, name: "clean", tampered: false, ...(await judged(clean)) });
  if (!missing.includes(name)) continue;
  const attacked = await attackedOf(clean, drawnFrom, seed);
  const test = await raw(source, "test", 500);
  const { rates } = await evaluate(clean, { attacked, test, width: 32, repeats: 1 }, call);
  const [{ clean: before, tampered: after }] = rates;
  const cta = [digits(before?.cta?.mean), digits(after?.cta?.mean)];
  const asr = [before?.asr?.mean ?? 0, after?.asr?.mean ?? 0];
  const effective = asr[1] - asr[0] >= EFFECTIVE;
  // Images that are not as they were, or are new.
  const size = clean.images.length / clean.shape[0];
  const changed = Array.from({ length: attacked.set.shape[0] }, (_, i) => i).filter(
    (i) => i >= clean.shape[0] || attacked.set.images.subarray(i * size, (i + 1) * size).some((v, p) => v !== clean.images[i * size + p]),
  );
  keep({
    ...{ ...same, name, tampered: true, adaptive: knows === true, targetClass: attacked.targetClass, ...place, colour },
    ...{ cta, asr: asr.map(digits), effective, changed: changed.length === attacked.set.shape[0] ? "all" : changed },
    ...(effective && (await judged(attacked.set))),
  });
}
