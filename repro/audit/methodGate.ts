/**
 * What it would give to know which method made a set: `npx tsx repro/audit/methodGate.ts RATES.json…`. For each level the sets with p no
 * larger, against the worst of all clean sets and against those of the set's own method alone where there are enough of them, from
 * the p that `rates.ts` stored. Clean sets and effective attacks that are not adaptive. Also how often each clean set of a shipped
 * library stands out among the others of its own method.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { decisive, ENOUGH, significance } from "../../src/audit/calibration.ts";
import { calibrations } from "../../src/audit/calibrations.ts";
import { described } from "./shipped.ts";
import { ALPHA } from "../../src/audit/verdict.ts";

interface Row {
  readonly stratum: string;
  readonly maker: string;
  readonly tampered: boolean;
  readonly adaptive?: boolean;
  /** Only sets that were audited have it. */
  readonly p?: readonly (readonly [method: string, n: number, p: number])[];
}

const LEVELS = [0.05, 0.1, 0.15];

const rows: Row[] = process.argv.slice(2).flatMap((file) => JSON.parse(readFileSync(file, "utf8")));
const judged = rows.filter(({ p, adaptive }) => p && !adaptive);
const worst = ({ p = [] }: Row) => Math.max(...p.filter(([, n]) => n >= ENOUGH).map(([, , value]) => value));
const own = (row: Row) => row.p?.find(([method, n]) => method === row.maker && n >= ENOUGH)?.[2] ?? worst(row);

console.log(`| sets | | p ≤ ${LEVELS.join(", ")}: the worst | its own method |\n| --- | ---: | ---: | ---: |`);
for (const stratum of [...new Set(judged.map((row) => row.stratum))])
  for (const maker of [...new Set(judged.map((row) => row.maker)), undefined])
    for (const tampered of [false, true]) {
      const some = judged.filter(
        (row) => row.stratum === stratum && row.tampered === tampered && (maker === undefined || row.maker === maker),
      );
      const counts = (p: (row: Row) => number) => LEVELS.map((level) => some.filter((row) => p(row) <= level).length).join(", ");
      const what = `${stratum}, ${maker?.split(",")[0] ?? "**all**"}, ${tampered ? "attacked" : "clean"}`;
      if (some.length > 0) console.log(`| ${what} | ${some.length} | ${counts(worst)} | ${counts(own)} |`);
    }

for (const library of calibrations) {
  const methods = [...new Set(library.sets.map(({ method }) => method))];
  const said = methods.map((method) => {
    const sets = library.sets.filter((one) => one.method === method);
    const p = sets.map((one) => decisive(significance(one.scores, [{ ...library, sets: sets.filter((other) => other !== one) }]))?.p);
    return `${method}: ${p.includes(undefined) ? "too few" : p.filter((one) => (one ?? 1) <= ALPHA).length} of ${sets.length}`;
  });
  console.log(`${described(library)}, alone: ${said.join("; ")}`);
}
