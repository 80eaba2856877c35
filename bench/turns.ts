/**
 * One step of this checkout and of another, in turns within one process: `npx tsx bench/turns.ts OTHER train|match|matchTangent WIDTH BATCH [THREADS]`.
 *
 * OTHER is the folder of the other checkout, whose packages are a link to these (the runtime can be loaded once a process only):
 *
 *     git worktree add ../before COMMIT && ln -s "$PWD/node_modules" ../before/
 *
 * Prints the processor time of both, in ms, and the ratio, twice: whoever is loaded first has other memory, which alone makes up to 3 %.
 * What the machine does in between happens to both. How far the two ratios lie apart is what they can tell: half a per cent at small steps, 5 at
 * large ones on a busy machine.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [other, name, width = "128", batch = "10", threads = "1", order] = process.argv.slice(2);
if (name === undefined) {
  console.error("usage: npx tsx bench/turns.ts OTHER train|match|matchTangent WIDTH BATCH [THREADS]");
  process.exit(2);
}
const sides = { other, this: resolve(import.meta.dirname, "..") };

/** The step of a checkout, compiled. */
async function stepOf(folder: string): Promise<() => Promise<unknown>> {
  const from = (path: string) => import(pathToFileURL(resolve(folder, path)).href);
  const { program } = (await from("bench/steps.ts")) as typeof import("./steps.ts");
  const { device } = (await from("src/engine/device.ts")) as typeof import("../src/engine/device.ts");
  const { load, args } = program(name as never, { width: Number(width), batch: Number(batch), channels: 3 });
  const run = await load(device("cpu", Number(threads)));
  return () => run(...args);
}

/** Processor time of a run, in ms: the mean of a few. */
async function milliseconds(step: () => Promise<unknown>): Promise<number> {
  const runs = 3;
  const start = process.cpuUsage();
  for (let i = 0; i < runs; i++) await step();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / (1000 * runs);
}

/** Lower decile of either side, for 20 seconds, loaded in this order. */
async function inTurns(names: readonly (keyof typeof sides)[]): Promise<string> {
  const steps = [];
  for (const side of names) steps.push(await stepOf(sides[side]));
  const times: [number[], number[]] = [[], []];
  const end = performance.now() + 20_000;
  for (let round = 0; performance.now() < end || round < 10; round++)
    for (const i of round % 2 ? [0, 1] : [1, 0]) times[i].push(await milliseconds(steps[i]));
  const decile = (side: keyof typeof sides) =>
    times[names.indexOf(side)].toSorted((a, b) => a - b)[Math.floor(times[0].length / 10)];
  const [before, now] = [decile("other"), decile("this")];
  return `${names[0]} first: other ${before.toFixed(2)} ms, this ${now.toFixed(2)} ms, ${(before / now).toFixed(3)}× (${times[0].length} rounds)`;
}

if (order) {
  console.log(await inTurns(order === "other" ? ["other", "this"] : ["this", "other"]));
  process.exit(0);
}
console.log(`${name}, width ${width}, ${batch} images, ${threads} thread(s)`);
for (const first of ["other", "this"])
  spawnSync(process.execPath, [...process.execArgv, process.argv[1], other, name, width, batch, threads, first], {
    stdio: "inherit",
  });
