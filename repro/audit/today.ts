/**
 * The judged sets by the rule of today: `npx tsx repro/audit/today.ts RATES.json…`. What has p ≤ 0.05 from the scores that `rates.ts` stored, against
 * the worst of the clean sets that ship and against those of the set's own method; before: with the scale of `pasted` as narrow as that of others,
 * and without `agreement`.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { type Calibration, decisive, ENOUGH, type Scores, significance } from "../../src/audit/calibration.ts";
import { detectorRegistry } from "../../src/audit/detectorRegistry.ts";
import { ALPHA } from "../../src/audit/verdict.ts";
import { exactInterval } from "../../src/metrics/exactInterval.ts";
import { heldAgainst, type Row } from "./heldAgainst.ts";

const rows = process.argv.slice(2).flatMap((file): Row[] => JSON.parse(readFileSync(file, "utf8")));
const judged = rows.flatMap((row) => {
  const held = heldAgainst(row);
  if (!held) return [];
  const all = significance(held.scores, held.libraries);
  const own = all.find(({ method, n }) => method === row.maker && n >= ENOUGH)?.p;
  return [{ ...row, before: pBefore(held.scores, held.libraries), worst: decisive(all)?.p ?? 1, own }];
});
type Judged = (typeof judged)[number];

console.log("| sets | | before | today | its own method |");
console.log("| --- | --- | ---: | ---: | ---: |");
for (const stratum of [...new Set(judged.map((row) => row.stratum))]) {
  const here = judged.filter((row) => row.stratum === stratum);
  for (const name of [...new Set(here.map((row) => row.name))].sort()) line(stratum, name, here.filter((row) => row.name === name));
}
line("all", "**clean**", judged.filter(({ tampered }) => !tampered));
line("all", "**not adaptive**", judged.filter(({ tampered, adaptive }) => tampered && !adaptive));
line("all", "**adaptive**", judged.filter(({ adaptive }) => adaptive));

function line(stratum: string, name: string, some: readonly Judged[]): void {
  if (some.length === 0) return;
  const known = some.filter(({ own }) => own !== undefined);
  const cells = [share(some, ({ before }) => before <= ALPHA), share(some, ({ worst }) => worst <= ALPHA), share(known, ({ own }) => (own ?? 1) <= ALPHA)];
  console.log(`| ${[stratum, name, ...cells].join(" | ")} |`);
}

function pBefore({ agreement: _, ...scores }: Scores, libraries: readonly Calibration[]): number {
  const { pasted } = detectorRegistry;
  detectorRegistry.pasted = { ...pasted, leastWidth: undefined } as typeof pasted;
  const p = decisive(significance(scores, libraries))?.p ?? 1;
  detectorRegistry.pasted = pasted;
  return p;
}

function share(some: readonly Judged[], is: (row: Judged) => boolean): string {
  if (some.length === 0) return "–";
  const hits = some.filter(is).length;
  const { low, high } = exactInterval(hits, some.length);
  return `${hits} of ${some.length} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
}
