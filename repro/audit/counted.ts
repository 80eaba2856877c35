/**
 * What it would change if `agreement` counted: `npx tsx repro/audit/counted.ts RATES.json…`. Sets with p ≤ 0.05 from the scores that `rates.ts`
 * stored, held against the shipped libraries: by what counts (`standsOut`, `inversion`, `pasted`), and by `agreement` and `pasted` instead; against
 * the worst of all clean sets, and against those of the set's own method alone where there are enough.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { decisive, ENOUGH, type Scores, significance } from "../../src/audit/calibration.ts";
import { ALPHA } from "../../src/audit/verdict.ts";
import { exactInterval } from "../../src/metrics/exactInterval.ts";
import { shippedFor } from "./shipped.ts";
import { isStratum, strata } from "./drawnRow.ts";

interface Row {
  readonly stratum: string;
  readonly name: string;
  readonly maker: string;
  readonly tampered: boolean;
  /** Only sets that were audited have them. */
  readonly scores?: Scores;
}

const rows: Row[] = process.argv.slice(2).flatMap((file) => JSON.parse(readFileSync(file, "utf8")));
const judged = rows.filter(({ scores }) => scores !== undefined);

/** In the place of `standsOut`, which is what counts: only its scale matters. */
const instead = ({ agreement, pasted }: Scores): Scores => ({ standsOut: agreement, pasted });

function unusual({ stratum, maker, scores = {} }: Row, isInstead: boolean): { worst: boolean; own: boolean } {
  if (!isStratum(stratum)) return { worst: false, own: false };
  const colour = !strata[stratum].data.some((name) => name !== "cifar-10");
  const shipped = shippedFor({ colour, ipc: strata[stratum].ipc === 1 ? "1" : "10-49" }).map((library) => ({
    ...library,
    sets: library.sets.filter((one) => !isInstead || one.scores.agreement !== undefined),
  }));
  const libraries = shipped.map((library) => ({
    ...library,
    sets: library.sets.map((one) => ({ ...one, scores: isInstead ? instead(one.scores) : one.scores })),
  }));
  const all = significance(isInstead ? instead(scores) : scores, libraries);
  const worst = decisive(all)?.p ?? 1;
  return { worst: worst <= ALPHA, own: (all.find(({ method, n }) => method === maker && n >= ENOUGH)?.p ?? worst) <= ALPHA };
}

const share = (some: readonly Row[], is: (row: Row) => boolean): string => {
  const hits = some.filter(is).length;
  const { low, high } = exactInterval(hits, some.length);
  return `${hits} of ${some.length} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
};

console.log("| sets | | what counts: the worst | its own method | `agreement`: the worst | its own method |");
console.log("| --- | --- | ---: | ---: | ---: | ---: |");
for (const stratum of [...new Set(judged.map((row) => row.stratum))]) {
  const here = judged.filter((row) => row.stratum === stratum);
  for (const name of [...new Set(here.map((row) => row.name))].sort()) line(stratum, name, here.filter((row) => row.name === name));
  line(stratum, "**attacks together**", here.filter(({ tampered }) => tampered));
}

function line(stratum: string, name: string, some: readonly Row[]): void {
  if (some.length === 0) return;
  const cells = [false, true].flatMap((isInstead) =>
    isInstead && some.some(({ scores }) => scores?.agreement === undefined)
      ? ["–", "–"]
      : [share(some, (row) => unusual(row, isInstead).worst), share(some, (row) => unusual(row, isInstead).own)],
  );
  console.log(`| ${[stratum, name, ...cells].join(" | ")} |`);
}
