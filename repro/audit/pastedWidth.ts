/**
 * What the width of the scale of `pasted` changes: `npx tsx repro/audit/pastedWidth.ts RATES.json…`. Sets with p ≤ 0.05 from the scores that
 * `rates.ts` stored, and each clean set of the shipped libraries held against the others, with several widths at least.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { type Calibration, decisive, type Scores, significance } from "../../src/audit/calibration.ts";
import { calibrations } from "../../src/audit/calibrations.ts";
import { detectorRegistry } from "../../src/audit/detectorRegistry.ts";
import { ALPHA } from "../../src/audit/verdict.ts";
import { heldAgainst, type Row } from "./heldAgainst.ts";

const WIDTHS = [0.05, 0.5, 1, 1.5, 2, 2.5, 3];

const rows = process.argv
  .slice(2)
  .flatMap((file): Row[] => JSON.parse(readFileSync(file, "utf8")))
  .flatMap((row) => {
    const held = heldAgainst(row);
    return held ? [{ ...held, tampered: row.tampered }] : [];
  });

console.log("| width | of libraries | clean | attacked |");
console.log("| ---: | ---: | ---: | ---: |");
const { pasted } = detectorRegistry;
for (const leastWidth of WIDTHS) {
  detectorRegistry.pasted = { ...pasted, leastWidth } as typeof pasted;
  const others = calibrations.flatMap((library) => library.sets.map((one) => ({ one, rest: { ...library, sets: library.sets.filter((other) => other !== one) } })));
  const cells = [
    share(others, ({ one, rest }) => isUnusual(one.scores, [rest])),
    ...[false, true].map((tampered) => share(rows.filter((row) => row.tampered === tampered), ({ scores, libraries }) => isUnusual(scores, libraries))),
  ];
  console.log(`| ${[leastWidth, ...cells].join(" | ")} |`);
}

function isUnusual(scores: Scores, libraries: readonly Calibration[]): boolean {
  return (decisive(significance(scores, libraries))?.p ?? 1) <= ALPHA;
}

function share<T>(some: readonly T[], is: (one: T) => boolean): string {
  return `${some.filter(is).length} of ${some.length}`;
}
