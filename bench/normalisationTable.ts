/**
 * How often the guess of a normalisation is right: every set as published, and re-saved under every known normalisation.
 *
 *     npx tsx bench/normalisationTable.ts [DATA [CIFAR]]
 *
 * DATA is the folder of real files (default RETORT_SHARED or ../shared/data), CIFAR that of the CIFAR-10 batches. Sets are judged by
 * their numbers alone: names are withheld.
 */

import { setStatistics } from "../src/audit/inspect/channelStatistics.ts";
import { guessNormalisation, type NormalisationGuess } from "../src/audit/inspect/guessNormalisation.ts";
import { openReadings } from "../src/audit/inspect/readings.ts";
import type { ImageShape } from "../src/data/LabelledSet.ts";
import { normalisationNamed, toPixels } from "../src/data/normalise.ts";
import { type NormalisationCase, normalisationCases } from "../test/audit/inspect/normalisationCases.ts";
import { sharedRoot } from "../test/shared.ts";

const ambiguous = "ambiguous";
const table = new Map<string, Map<string, number>>();
const count = { all: 0, decided: 0, right: 0, open: 0, named: 0, first: 0, published: 0, publishedFirst: 0 };
const misread: { line: string; features: number[] }[] = [];
const unnamed: string[] = [];
/** Brightness, red − blue, contrast of published optimised sets as they are. */
const seen: Record<1 | 3, number[][]> = { 1: [], 3: [] };

for await (const item of normalisationCases(process.argv[2] ?? sharedRoot, process.argv[3])) tally(item);
printTable();
printCounts();

function tally({ set, truth, published, images, shape, classes }: NormalisationCase): void {
  const guesses = guessNormalisation(images, shape, classes);
  const readings = openReadings(guesses).map(({ name }) => name);
  const [best] = guesses;
  const isSure = readings.length === 1;
  const row = table.get(truth) ?? new Map<string, number>();
  const column = isSure ? best.name : ambiguous;
  row.set(column, (row.get(column) ?? 0) + 1);
  table.set(truth, row);
  const isRight = best.name === truth;
  count.all++;
  if (published) count.published++;
  if (published && isRight) count.publishedFirst++;
  if (isSure) {
    count.decided++;
    if (isRight) count.right++;
    else unnamed.push(`${set}: ${truth} taken for ${best.name}`);
    return;
  }
  count.open++;
  if (isRight) count.first++;
  if (readings.includes(truth)) count.named++;
  else unnamed.push(`${set}: ${truth} is not among ${readings.join(", ")}`);
  const channels = shape[1] === 1 ? 1 : 3;
  if (published && truth !== "zca") seen[channels].push(featuresOf(images, shape, truth));
  if (!isRight)
    misread.push({
      line: `${set}: ${truth} ${percent(guesses, truth)}, ${best.name} ${percent(guesses, best.name)}`,
      features: featuresOf(images, shape, best.name),
    });
}

/** What the pixels would be like if the reading were right. */
function featuresOf(images: Float32Array, shape: ImageShape, reading: string): number[] {
  const { channels } = setStatistics(toPixels(images, shape, normalisationNamed(reading, "bench")), shape);
  const mean = (pick: (channel: (typeof channels)[number]) => number) =>
    channels.reduce((sum, channel) => sum + pick(channel), 0) / channels.length;
  const tint = channels[0].mean - channels[channels.length - 1].mean;
  return [mean((channel) => channel.mean), tint, mean((channel) => channel.std)];
}

function percent(guesses: readonly NormalisationGuess[], name: string): string {
  return `${Math.round(100 * (guesses.find((guess) => guess.name === name)?.confidence ?? 0))} %`;
}

function printTable(): void {
  const names = [...table.keys()].sort();
  const columns = [...names, ambiguous].filter((name) => [...table.values()].some((row) => row.has(name)));
  console.log(`| saved as \\ said | ${columns.join(" | ")} | right |`);
  console.log(`|---|${columns.map(() => "---:").join("|")}|---:|`);
  for (const name of names) {
    const row = table.get(name) as Map<string, number>;
    const sum = [...row.values()].reduce((a, b) => a + b);
    const cells = columns.map((column) => row.get(column) ?? "").join(" | ");
    console.log(`| ${name} | ${cells} | ${row.get(name) ?? 0}/${sum} |`);
  }
}

function printCounts(): void {
  const { all, decided, right, open, named, first, published, publishedFirst } = count;
  console.log(`\nOf ${all} cases ${decided} were decided, ${right} of them rightly.`);
  console.log(`${open} were called ambiguous: the truth was named in ${named}, and first in ${first}.`);
  console.log(`As published, the best guess was right for ${publishedFirst} of ${published}.`);
  for (const line of unnamed) console.log(`  wrong: ${line}`);
  for (const [channels, features] of Object.entries(seen))
    console.log(`\nPublished optimised sets of ${channels} channels: ${ranges(features)}`);
  console.log("\nAmbiguous cases whose best guess was wrong, and what that guess implies:");
  for (const { line, features } of misread) console.log(`  ${line}: ${ranges([features])}`);
}

function ranges(features: readonly (readonly number[])[]): string {
  return ["brightness", "red − blue", "contrast"]
    .map((name, i) => {
      const values = features.map((row) => row[i]);
      const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(3));
      return `${name} ${low === high ? low : `${low} … ${high}`}`;
    })
    .join(", ");
}
