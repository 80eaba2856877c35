/**
 * The published rules of others, asked of the sets that `rates.ts` judged: `npx tsx repro/audit/rules.ts OUT.json RATES.json FROM TO`, and the
 * table of what stands there: `npx tsx repro/audit/rules.ts OUT.json`.
 *
 * Each set is made again from raw data (RETORT_DATA), clean and, where the attack was effective, attacked. STRIP has the transplant's
 * candidates, as in an audit. *Same*: the transplant scores what it scored in RATES, to the last digit, so that it is the same set.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { exactInterval } from "../../src/metrics/exactInterval.ts";
import { audit } from "../../src/index.ts";
import type { Stratum } from "./drawnRow.ts";
import { attackedOf, cleanOf } from "./madeRow.ts";

const RULES = ["neuralCleanse", "mmBd", "strip", "activationClustering", "spectralSignatures"];
const VERDICT = "the audit's verdict";

interface Judged {
  readonly stratum: Stratum;
  readonly seed: number;
  readonly name: string;
  readonly tampered: boolean;
  readonly adaptive?: boolean;
  readonly effective?: boolean;
  readonly targetClass?: number;
  readonly scores?: Readonly<Record<string, number>>;
  readonly verdict?: string;
  /** Class that the verdict is about. */
  readonly suspected?: number;
}

interface Said {
  readonly detector: string;
  readonly score: number;
  readonly alarm?: boolean;
  readonly named?: number;
  readonly note?: string;
}

type Row = Omit<Judged, "scores"> & { readonly same: boolean; readonly seconds: number; readonly rules: readonly Said[] };

const [out, rates, from, to] = process.argv.slice(2);
const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
if (rates) await ask(JSON.parse(readFileSync(rates, "utf8")));
else table();

async function ask(judged: readonly Judged[]): Promise<void> {
  for (const one of judged) {
    const { stratum, seed, name, tampered, adaptive, effective, targetClass, scores, verdict, suspected } = one;
    if (seed < Number(from) || seed >= Number(to) || (tampered && !effective)) continue;
    if (rows.some((row) => row.stratum === stratum && row.seed === seed && row.name === name)) continue;
    const clean = await cleanOf(stratum, seed);
    const set = tampered ? (await attackedOf(clean, stratum, seed)).set : clean;
    const started = process.cpuUsage();
    const { result } = await audit(set, { detectors: ["transplant", ...RULES] }, { seed, threads: 1 });
    const { user, system } = process.cpuUsage(started);
    const same = Number(result.findings.find(({ detector }) => detector === "transplant")?.score.toFixed(4)) === scores?.transplant;
    const rules = result.findings
      .filter(({ detector }) => detector !== "transplant")
      .map(({ detector, score, alarm, targetClass: named, note }) => ({ detector, score: Number(score.toFixed(4)), alarm, named, note }));
    rows.push({ stratum, seed, name, tampered, adaptive, effective, targetClass, verdict, suspected, same, seconds: Math.round((user + system) / 1e6), rules });
    writeFileSync(`${out}.new`, `[\n${rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
    renameSync(`${out}.new`, out);
    console.log(JSON.stringify(rows.at(-1)).slice(0, 400));
  }
}

function table(): void {
  console.log("| images | rule | false alarms | stamped, found | right class | learnt, found | right class | area under the curve |");
  console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const stratum of [...new Set(rows.map((row) => row.stratum))])
    for (const rule of [...RULES, VERDICT]) {
      const asked = rows.flatMap((row) => {
        const said = rule === VERDICT ? verdictOf(row) : row.rules.find(({ detector }) => detector === rule);
        return row.stratum === stratum && !row.adaptive && said ? [{ ...row, ...said }] : [];
      });
      if (asked.length === 0) continue;
      const clean = asked.filter(({ tampered }) => !tampered);
      const attacked = asked.filter(({ tampered }) => tampered);
      const [learnt, stamped] = [true, false].map((is) => attacked.filter(({ name }) => isLearnt(name) === is));
      const cells = [stratum, `\`${rule}\``, share(clean), share(stamped), right(stamped), share(learnt), right(learnt), rule === VERDICT ? "" : area(clean, attacked)];
      console.log(`| ${cells.join(" | ")} |`);
    }
}

/** What the audit itself concluded in RATES, as a rule. */
function verdictOf({ verdict, suspected: named }: Row): Said {
  return { detector: VERDICT, score: 0, alarm: verdict === "backdoored" || verdict === "suspicious", named };
}

/** Learnt into the images, not stamped on them. */
function isLearnt(name: string): boolean {
  return name.startsWith("poisoned distillation") || name === "ridge-head" || name === "trajectory matching";
}

/** "3 of 4 (19–99 %)". */
function share(some: readonly Said[]): string {
  if (some.length === 0) return "–";
  const hits = some.filter(({ alarm }) => alarm).length;
  const { low, high } = exactInterval(hits, some.length);
  return `${hits} of ${some.length} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
}

/** Class that an alarm names, right of all alarms. */
function right(some: readonly (Said & Judged)[]): string {
  const alarms = some.filter(({ alarm }) => alarm);
  return `${alarms.filter(({ named, targetClass }) => named === targetClass).length} of ${alarms.length}`;
}

/** Chance that an attacked set scores higher than a clean one; ties count half. */
function area(clean: readonly Said[], attacked: readonly Said[]): string {
  if (clean.length === 0 || attacked.length === 0) return "–";
  let won = 0;
  for (const { score: high } of attacked) for (const { score: low } of clean) won += high > low ? 1 : high === low ? 0.5 : 0;
  return (won / (clean.length * attacked.length)).toFixed(2);
}
