/**
 * What it changes that `agreement` counts: `npx tsx repro/audit/counted.ts RATES.json…`. Sets with p ≤ 0.05 from the scores that `rates.ts`
 * stored, held against the shipped libraries: by `standsOut`, `inversion` and `pasted`, and by `agreement` and `pasted` instead; against
 * the worst of all clean sets, and against those of the set's own method alone where there are enough.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { decisive, ENOUGH, type Scores, significance } from "../../src/audit/calibration.ts";
import { ALPHA } from "../../src/audit/verdict.ts";
import { exactInterval } from "../../src/metrics/exactInterval.ts";
import { shippedFor } from "./shipped.ts";
import { isStratum, strata } from "./drawnRow.ts";
import ofOneImage from "./results/agreement-colour-1.json" with { type: "json" };

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

/** The clean sets with one image a class were asked when it was tried there; it asks for ten images since. */
const ofOne: Readonly<Record<string, number>> = ofOneImage;

/** In the place of `standsOut`, for one image a class too: only its scale matters. */
const instead = ({ agreement, pasted }: Scores): Scores => ({ standsOut: agreement, pasted });

const before = ({ agreement: _, ...scores }: Scores): Scores => scores;

function unusual({ stratum, maker, scores = {} }: Row, isInstead: boolean): { worst: boolean; own: boolean } {
  if (!isStratum(stratum)) return { worst: false, own: false };
  const colour = !strata[stratum].data.some((name) => name !== "cifar-10");
  const shipped = shippedFor({ colour, ipc: strata[stratum].ipc === 1 ? "1" : "10-49" }).map((library) => ({
    ...library,
    sets: library.sets
      .map((one) => (ofOne[one.made] === undefined ? one : { ...one, scores: { ...one.scores, agreement: ofOne[one.made] } }))
      .filter((one) => !isInstead || one.scores.agreement !== undefined),
  }));
  const libraries = shipped.map((library) => ({
    ...library,
    sets: library.sets.map((one) => ({ ...one, scores: (isInstead ? instead : before)(one.scores) })),
  }));
  const all = significance((isInstead ? instead : before)(scores), libraries);
  const worst = decisive(all)?.p ?? 1;
  return { worst: worst <= ALPHA, own: (all.find(({ method, n }) => method === maker && n >= ENOUGH)?.p ?? worst) <= ALPHA };
}

const share = (some: readonly Row[], is: (row: Row) => boolean): string => {
  const hits = some.filter(is).length;
  const { low, high } = exactInterval(hits, some.length);
  return `${hits} of ${some.length} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
};

console.log("| sets | | without it: the worst | its own method | `agreement`: the worst | its own method |");
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
