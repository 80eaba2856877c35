/**
 * Does a set's look say which method made it? `npx tsx repro/audit/methodLooks.ts OUT.json WORD…`, then without words for the table.
 * A word is `METHOD:IPC:FROM:TO`, sets of CIFAR-10 (RETORT_DATA) as the libraries have them, or `rates:STRATUM:SEED`, the attacked
 * set of a row of `rates.ts` and the clean one it was made of, or `file:PATH:NORMALISATION`. Nothing is audited. What stands in OUT is
 * not made again.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { UsageError } from "../../src/core/errors.ts";
import { toPixels } from "../../src/data/normalise.ts";
import { attack, type DistilledSet, distil } from "../../src/index.ts";
import { open, openRaw } from "../../src/node.ts";
import { drawnRow, isStratum, strata } from "./drawnRow.ts";

interface Row {
  /** What made the set, and the images a class. */
  readonly group: string;
  readonly name: string;
  readonly look: Look;
}

interface Look {
  /** Mean squared difference of neighbouring pixels over twice the variance, per image and channel: 1 for noise, 0 for one colour. */
  readonly roughness: number;
  /** Share of numbers that no picture can hold. */
  readonly outside: number;
}

const [out, ...words] = process.argv.slice(2);
const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
for (const word of words) await make(word);
if (words.length === 0) print();

async function make(word: string): Promise<void> {
  const [kind, ...rest] = word.split(":");
  if (kind === "file") {
    const [path, normalisation] = rest;
    if (!isKnown(basename(path))) keep("published", basename(path), (await open(path, normalisation ? { normalisation } : {})).set);
  } else if (kind === "rates") await makeRow(rest[0], Number(rest[1]));
  else {
    const [ipc, from, to] = rest.map(Number);
    const settings = kind === "randomReal" ? {} : { preset: "quick" };
    for (let seed = from; seed < to; seed++)
      if (!isKnown(`${kind} ${ipc} seed ${seed}`))
        keep(
          `${kind} ${ipc}`,
          `${kind} ${ipc} seed ${seed}`,
          await distil(await openRaw("cifar-10", "train"), kind as "randomReal", { ipc, ...settings }, { seed, threads: 1 }),
        );
  }
}

async function makeRow(stratum: string, seed: number): Promise<void> {
  if (!isStratum(stratum))
    throw new UsageError(`methodLooks: unknown stratum: expected ${Object.keys(strata).join(", ")}, got ${stratum}`);
  const { source, method, settings, name, form, chosen, trigger, targetClass } = drawnRow(stratum, seed);
  const { ipc } = strata[stratum];
  if (isKnown(`${stratum} ${seed} ${name}`)) return;
  const call = { seed, threads: 1 };
  const clean = await distil(await openRaw(source, "train"), method, { ipc, ...settings }, call);
  const options = { ...chosen, targetClass, ...(trigger && { trigger }) };
  const attacked = await attack(clean, form as "cleanLabel", options as never, call);
  if (!isKnown(`${stratum} ${seed} clean`)) keep(`${method} ${ipc}`, `${stratum} ${seed} clean`, clean);
  keep(`${method} ${ipc}, ${name}`, `${stratum} ${seed} ${name}`, attacked.set);
}

function isKnown(name: string): boolean {
  return rows.some((row) => row.name === name);
}

function keep(group: string, name: string, set: DistilledSet): void {
  const { roughness, outside } = lookOf(set);
  rows.push({ group, name, look: { roughness: Number(roughness.toFixed(4)), outside: Number(outside.toFixed(4)) } });
  writeFileSync(`${out}.new`, `[\n${rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
  renameSync(`${out}.new`, out);
  console.log(JSON.stringify(rows.at(-1)));
}

function lookOf({ images, shape, normalisation }: DistilledSet): Look {
  const pixels = toPixels(images, shape, normalisation);
  const [n, c, h, w] = shape;
  let roughness = 0;
  for (let i = 0; i < n; i++) {
    let [steps, variance] = [0, 0];
    for (let plane = i * c; plane < (i + 1) * c; plane++) {
      const own = pixels.subarray(plane * h * w, (plane + 1) * h * w);
      const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
      variance += own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length;
      let [across, down] = [0, 0];
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          if (x > 0) across += (own[y * w + x] - own[y * w + x - 1]) ** 2;
          if (y > 0) down += (own[y * w + x] - own[(y - 1) * w + x]) ** 2;
        }
      steps += (across / (h * (w - 1)) + down / ((h - 1) * w)) / 2;
    }
    if (variance > 0) roughness += steps / (2 * variance) / n;
  }
  // What normalised pixels leave [0, 1] by when they come back does not count.
  return { roughness, outside: pixels.filter((v) => v < -1e-4 || v > 1 + 1e-4).length / pixels.length };
}

function print(): void {
  console.log("| sets | | roughness | outside [0, 1] |\n| --- | ---: | ---: | ---: |");
  for (const group of [...new Set(rows.map((row) => row.group))].sort()) {
    const some = rows.filter((row) => row.group === group);
    const range = (value: (look: Look) => number) => {
      const all = some.map(({ look }) => value(look));
      return `${Math.min(...all).toFixed(3)} to ${Math.max(...all).toFixed(3)}`;
    };
    if (group === "published")
      for (const { name, look } of some) console.log(`| ${name} | 1 | ${look.roughness.toFixed(3)} | ${look.outside.toFixed(3)} |`);
    else console.log(`| ${group} | ${some.length} | ${range((look) => look.roughness)} | ${range((look) => look.outside)} |`);
  }
}
