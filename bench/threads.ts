/**
 * One thread or two: `npx tsx bench/threads.ts [SECONDS]`. Training steps and matching steps of several sizes with one thread and with two,
 * in turns; median milliseconds and the ratio. Run it quiet and beside other work: a step that gains on idle cores loses on busy ones.
 */
import { cpus, loadavg } from "node:os";
import process from "node:process";
import { device } from "../src/engine/device.ts";
import { program, type StepName } from "./steps.ts";

const cases: readonly (readonly [StepName, width: number, batch: number])[] = [
  ["train", 16, 10],
  ["train", 16, 100],
  ["train", 32, 100],
  ["match", 32, 10],
  ["match", 32, 100],
  ["match", 128, 10],
];
const seconds = Number(process.argv[2] ?? 4);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

console.log(`${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}`);
for (const [name, width, batch] of cases) {
  const { load, args } = program(name, { width, batch, channels: 3 });
  const runs = await Promise.all([1, 2].map((threads) => load(device("cpu", threads))));
  const took: number[][] = [[], []];
  for (const run of runs) await run(...args);
  const until = performance.now() + 1000 * seconds;
  while (performance.now() < until)
    for (const [i, run] of runs.entries()) {
      const start = performance.now();
      await run(...args);
      took[i].push(performance.now() - start);
    }
  const [one, two] = took.map(median);
  console.log(
    `${name}, width ${width}, ${batch} images: ${one.toFixed(1)} ms with one thread, ${two.toFixed(1)} with two, ${(one / two).toFixed(2)}`,
  );
  for (const run of runs) await run.close();
}
