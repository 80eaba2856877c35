import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: { seeds: { type: "string", default: "8" }, help: { type: "boolean", default: false } },
});

const help = `Time a sweep with one process and with two, and what a trial costs besides its computation.

  npm run build && npx tsx bench/sweep.ts [--seeds N]

--seeds     repetitions of the grid of two triggers × two networks (default 8)

"trials" is from the end of the first trial to that of the last, "whole" with the start of the processes and the first trial. "processor"
is the time that all processes of the sweep used: it disturbs less than a clock when others work on the machine. The overhead is
what lies between the ends of two trials whose results are cached already: scheduling, messages, reading and writing.
`;

const grid = (seeds: number) => `
test: { data: strokes, images: 500 }
set: { distil: strokes, method: random, ipc: 1 }
attack: { method: badNets }
strategy: { epochs: 100 }
matrix:
  trigger: { one: { side: 1 }, three: { side: 3 } }
  network: { conv16: { name: convNet, width: 16 }, conv8: { name: convNet, width: 8 } }
  seed: [${Array.from({ length: seeds }, (_, i) => i)}]
`;

/** The sweep as it is installed: processes that translate TypeScript when they start would be timed for that. */
async function installed(): Promise<typeof import("../src/node.ts")> {
  const built = new URL("../dist/node.js", import.meta.url);
  if (!existsSync(built))
    throw new Error("bench: missing dist/: expected the program to be built, got nothing; npm run build");
  // Processes of the sweep start with the flags of this one.
  process.execArgv.splice(0);
  return import(built.href);
}

/** Processor seconds of this process and of its ended children (proc(5), fields 14 to 17). */
function processorSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))];

async function timed(experiment: string, folder: string, jobs: number) {
  const { sweep } = await installed();
  const cpu = processorSeconds();
  const start = performance.now();
  const ends: number[] = [];
  await sweep(experiment, {
    folder,
    jobs,
    onProgress: ({ trial, failed }) => {
      if (failed > 0) throw new Error(`${failed} trials failed`);
      if (trial) ends.push(performance.now());
    },
  });
  const seconds = (from: number, to: number) => (to - from) / 1000;
  return {
    gaps: ends.slice(1).map((end, i) => end - ends[i]),
    trials: seconds(ends[0], ends[ends.length - 1]),
    whole: seconds(start, performance.now()),
    processor: processorSeconds() - cpu,
  };
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(help);
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`,
  );
  const root = await mkdtemp(join(tmpdir(), "retort-bench-"));
  const experiment = grid(Number(options.seeds));
  const results = new Map<number, Awaited<ReturnType<typeof timed>>>();
  for (const jobs of [1, 2]) {
    const one = await timed(experiment, join(root, `jobs${jobs}`), jobs);
    results.set(jobs, one);
    console.log(
      `${one.gaps.length + 1} trials, ${jobs} ${jobs > 1 ? "processes" : "process"}: trials ${one.trials.toFixed(1)} s, whole ${one.whole.toFixed(1)} s, processor ${one.processor.toFixed(1)} s`,
    );
  }
  const [alone, both] = [results.get(1)!, results.get(2)!];
  console.log(
    `two processes: ${(alone.trials / both.trials).toFixed(2)}× (trials), ${(alone.whole / both.whole).toFixed(2)}× (whole)`,
  );
  console.log(`work done twice: ${(100 * (both.processor / alone.processor - 1)).toFixed(0)} % of the processor time`);

  // The same trials once more, all results cached.
  const folder = join(root, "jobs1");
  await rm(join(folder, "trials"), { recursive: true });
  const { gaps, processor } = await timed(experiment, folder, 1);
  const [median, longest] = [0.5, 1].map((part) => quantile(gaps, part).toFixed(0));
  console.log(
    `overhead a trial: median ${median} ms, longest ${longest} ms; whole sweep ${processor.toFixed(1)} s of processor time`,
  );
  await rm(root, { recursive: true });
}

await main();
