/**
 * Do networks that learn less long tell learnt triggers from natural details? `npx tsx repro/audit/epochs.ts OUT.json STRATUM FROM TO`.
 *
 * Sets and learnt attacks of numbers below 20000, which judge nothing (RETORT_DATA), are searched by networks of 10, 25, 50 and 100 passes; rates
 * of each class by each search, and of the true trigger, before networks that did not search. Numbers whose attack is not learnt are passed over.
 * A table of what stands in OUT is printed at the end, at once where FROM is absent.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Patch } from "../../src/audit/Patch.ts";
import { audit, defineDetector, register } from "../../src/index.ts";
import { drawnRow, type Stratum } from "./drawnRow.ts";
import { attackedOf, cleanOf } from "./madeRow.ts";
import { truePatch } from "./truePatch.ts";

const EPOCHS = [10, 25, 50, 100];
const SEARCHES = ["transplant", "inversion", "flatSquare"] as const;

interface Row {
  readonly stratum: Stratum;
  readonly seed: number;
  readonly maker: string;
  readonly name: string;
  readonly epochs: number;
  readonly targetClass: number;
  /** Rate of the target under the true trigger, before judging networks. */
  readonly trigger: number;
  /** Best rate of each class, by search. */
  readonly found: Readonly<Record<string, readonly number[]>>;
  readonly pasted: number;
}

const [out, stratum, from, to] = process.argv.slice(2);
const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
const digits = (v: number) => Number(v.toFixed(4));

let trigger: Patch;
let targetClass: number;
register({
  detectors: {
    oracle: defineDetector({
      ...{ title: "The true trigger", source: "here", phase: "weigh", level: "deep", decisive: false },
      run: async ({ held }) => ({ score: (await held.judge(trigger)).rate[targetClass] }),
    }),
  },
});

for (let seed = Number(from ?? 0); seed < Number(to ?? 0); seed++) {
  const drawn = drawnRow(stratum as Stratum, seed);
  if (!["poisonedDistillation", "ridgeHead", "trajectoryMatching"].includes(drawn.form)) continue;
  if (rows.some((row) => row.stratum === stratum && row.seed === seed && row.epochs === EPOCHS.at(-1) && row.name !== "clean")) continue;
  const call = { seed, threads: 1 };
  const clean = await cleanOf(stratum as Stratum, seed);
  const attacked = await attackedOf(clean, stratum as Stratum, seed);
  targetClass = drawn.targetClass;
  trigger = truePatch(attacked.trigger, attacked.set);
  for (const [name, set] of [["clean", clean], [drawn.name, attacked.set]] as const)
    for (const epochs of EPOCHS) {
      const { result } = await audit(set, { detectors: [...SEARCHES, "pasted", "standsOut", "oracle"], followed: 1, epochs }, call);
      const of = (detector: string) => result.findings.find((one) => one.detector === detector);
      rows.push({
        ...{ stratum: stratum as Stratum, seed, maker: drawn.method, name, epochs, targetClass, trigger: digits(of("oracle")?.score ?? 0) },
        found: Object.fromEntries(SEARCHES.map((search) => [search, (of(search)?.ofClass ?? []).map(digits)])),
        pasted: digits(of("pasted")?.score ?? 0),
      });
      console.log(seed, drawn.method, name, epochs, `trigger ${rows.at(-1)?.trigger}`, SEARCHES.map((s) => Math.max(...(rows.at(-1)?.found[s] ?? []))).join(" "));
    }
  writeFileSync(`${out}.new`, `[\n${rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
  renameSync(`${out}.new`, out);
}

const most = (row: Row | undefined) => `${Math.round(100 * Math.max(...(row?.found.inversion ?? [0])))}`;
console.log(`| set | attack | trigger after ${EPOCHS.join(", ")} passes | inversion, attacked | inversion, clean |`);
console.log("| --- | --- | ---: | ---: | ---: |");
for (const { seed, maker, name } of rows.filter((row) => row.name !== "clean" && row.epochs === EPOCHS[0])) {
  const by = (which: string) => EPOCHS.map((epochs) => rows.find((row) => row.seed === seed && row.name === which && row.epochs === epochs));
  const trigger = by(name).map((row) => Math.round(100 * (row?.trigger ?? 0)));
  console.log(`| ${seed}, ${maker} | ${name} | ${trigger.join(", ")} | ${by(name).map(most).join(", ")} | ${by("clean").map(most).join(", ")} |`);
}
