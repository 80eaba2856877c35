/**
 * One Markdown table of several attack runs: `npx tsx repro/foundation/table.ts RUN…`.
 *
 * Rates in per cent: mean ± standard deviation over networks. The last column is the paired rise of ASR over the strongest
 * control with its 95 % interval, in points.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { pairedDifference, summarise } from "../../src/metrics/intervals.ts";
import { type NetworkResult, parseRecord } from "../../src/report/record.ts";

const head = ["run", "in gamut", "epochs", "n", "CTA before", "CTA after", "ASR", "inputs clamped", "clean set", "no trigger", "random", "archetype-ASR", "rise over controls"];
const line = (cells: readonly unknown[]) => console.log(`| ${cells.join(" | ")} |`);
const percent = (x: number) => (100 * x).toFixed(1);

function cell(values: readonly (number | undefined)[]): string {
  const known = values.filter((v) => v !== undefined);
  if (known.length === 0) return "";
  const { mean, sd } = summarise(known);
  return `${percent(mean)} ± ${percent(sd ?? Number.NaN)}`;
}

line(head);
line(head.map((_, i) => (i < 2 ? "---" : "---:")));
for (const folder of process.argv.slice(2)) {
  const path = join(folder, "record.json");
  const record = parseRecord(JSON.parse(readFileSync(path, "utf8")), path);
  for (const epochs of [...new Set(record.results.map((r) => r.epochs))]) {
    const of = (set: string) =>
      record.results.filter((r) => r.epochs === epochs && r.set === set).sort((a, b) => Number(a.seed) - Number(b.seed));
    const [clean, tampered] = [of("clean"), of("tampered")];
    const each = (list: NetworkResult[], key: keyof NetworkResult) => list.map((r) => r[key] as number | undefined);
    const asr = each(tampered, "asr") as number[];
    const controls = [each(clean, "asr"), each(tampered, "asrWithoutTrigger"), each(tampered, "asrRandomTrigger")] as number[][];
    const strongest = controls.reduce((a, b) => (summarise(b).mean > summarise(a).mean ? b : a));
    const rise = pairedDifference(strongest, asr);
    line([
      basename(folder),
      record.trigger?.inGamut ? "yes" : "no",
      epochs,
      tampered.length,
      cell(each(clean, "cta")),
      cell(each(tampered, "cta")),
      cell(asr),
      cell(each(tampered, "asrClamped")),
      ...controls.map(cell),
      cell(each(tampered, "archetypeAsr")),
      `${percent(rise.mean)} (${percent(rise.low)} … ${percent(rise.high)})`,
    ]);
  }
}
