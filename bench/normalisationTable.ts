/**
 * How often the guess of a normalisation is right: every set as published, and re-saved under every known normalisation.
 *
 *     npx tsx bench/normalisationTable.ts [DATA [CIFAR]]
 *
 * DATA is the folder of real files (default RETORT_SHARED or ../shared/data), CIFAR that of the CIFAR-10 batches. Sets are judged by
 * their numbers alone: names are withheld.
 */

import { guessNormalisation } from "../src/data/inspect/guessNormalisation.ts";
import { normalisationCases } from "../test/inspect/normalisationCases.ts";
import { sharedRoot } from "../test/shared.ts";

const table = new Map<string, Map<string, number>>();
const missed: string[] = [];
const asPublished: [boolean, string][] = [];
let confident = 0;
let confidentRight = 0;
for await (const { set, truth, published, images, shape, classes } of normalisationCases(
  process.argv[2] ?? sharedRoot,
  process.argv[3],
)) {
  const [best] = guessNormalisation(images, shape, classes);
  const row = table.get(truth) ?? new Map<string, number>();
  row.set(best.name, (row.get(best.name) ?? 0) + 1);
  table.set(truth, row);
  const right = best.name === truth;
  if (published) asPublished.push([right, set]);
  else if (!right) missed.push(`${set}: ${truth} taken for ${best.name} (${Math.round(100 * best.confidence)} %)`);
  if (best.confidence >= 0.8) {
    confident++;
    if (right) confidentRight++;
  }
}
const names = [...new Set([...table.keys(), ...[...table.values()].flatMap((row) => [...row.keys()])])].sort();
const columns = names.filter((name) => [...table.values()].some((row) => row.has(name)));
console.log(`| saved as \\ guessed | ${columns.join(" | ")} | right |`);
console.log(`|---|${columns.map(() => "---:").join("|")}|---:|`);
let [right, all] = [0, 0];
for (const name of names) {
  const row = table.get(name);
  if (!row) continue;
  const sum = [...row.values()].reduce((a, b) => a + b);
  right += row.get(name) ?? 0;
  all += sum;
  console.log(
    `| ${name} | ${columns.map((column) => row.get(column) ?? "").join(" | ")} | ${row.get(name) ?? 0}/${sum} |`,
  );
}
console.log(`\nAs published: ${asPublished.filter(([ok]) => ok).length} of ${asPublished.length} right.`);
for (const [ok, set] of asPublished) if (!ok) console.log(`  wrong: ${set}`);
console.log(`All: ${right} of ${all} right. With a confidence of 80 % or more: ${confidentRight} of ${confident}.`);
for (const line of missed) console.log(`  ${line}`);
