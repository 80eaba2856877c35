/**
 * An iteration of `retort distill`, everything in it, against the same in PyTorch eager, in turns: wall and processor time, medians over the
 * rounds, and the most memory either process held. `mtt` has a bench of its own (trajectory.ts).
 *
 *     npx tsx bench/distil.ts [all | dc | dsa | dm | datadam | frepo] [width] [images per class] [real images] [rounds]
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { key } from "../src/core/random.ts";
import { strokes } from "../src/data/generators/strokes.ts";
import { knownNormalisations } from "../src/data/Normalisation.ts";
import type { Distillation } from "../src/distill/Distillation.ts";
import { methodRegistry } from "../src/distill/methodRegistry.ts";
import { findPython } from "../test/python.ts";
import { converse } from "./peer.ts";

const methods = ["dc", "dsa", "dm", "datadam", "frepo"];
const [method = "all", ...numbers] = process.argv.slice(2);
const [width = 32, ipc = 10, batchReal = 64, rounds = 7] = numbers.map(Number);

interface Took {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakRssMiB: number;
}

async function compare(): Promise<void> {
  const found = Object.values<unknown>(methodRegistry).find((m) => (m as Distillation).abbreviation === method);
  const python = findPython("torch");
  if (!found || !python)
    throw new Error(`distil: expected one of ${methods.join(", ")} and a Python with PyTorch (RETORT_PYTHON)`);
  const distillation = found as Distillation;
  // One matching at each network: what trains it afterwards is the training step of main.ts.
  const loops = method === "dc" || method === "dsa" ? { outer: 1, inner: 0 } : {};
  const options = distillation.options.parse({ width, ipc, batchReal, iterations: 1e6, ...loops });
  const context = {
    normalisation: knownNormalisations.strokes,
    key: key(1),
    device: { name: "cpu", threads: 1 } as const,
  };
  const steps = distillation.run(await strokes("train", 2000), options, context);
  const { child, exchange } = converse(python, "torch_distil.py", 1);
  const ours = async (): Promise<Took> => {
    const [wall, used] = [performance.now(), process.cpuUsage()];
    await steps.next();
    const { user, system } = process.cpuUsage(used);
    const peakRssMiB = process.resourceUsage().maxRSS / 1024;
    return { ms: performance.now() - wall, cpuMs: (user + system) / 1000, peakRssMiB };
  };
  const theirs = async () => (await exchange({ method, width, ipc, batchReal, threads: 1 })) as unknown as Took;
  // The first compiles; a second one is not timed either.
  for (let i = 0; i < 2; i++) await Promise.all([await ours(), await theirs()]);
  const times: [Took, Took][] = [];
  for (let i = 0; i < rounds; i++) times.push([await ours(), await theirs()]);
  await steps.return();
  child.stdin.end();
  await once(child, "exit");
  const median = (x: readonly number[]) => [...x].sort((a, b) => a - b)[x.length >> 1];
  const of = (side: 0 | 1, what: "ms" | "cpuMs") => median(times.map((pair) => pair[side][what])).toFixed(0);
  const ratio = (what: "ms" | "cpuMs") => median(times.map(([a, b]) => b[what] / a[what])).toFixed(2);
  const peak = (side: 0 | 1) => Math.max(...times.map((pair) => pair[side].peakRssMiB)).toFixed(0);
  console.log(
    `| \`${method}\` w${width}, ${ipc} a class, ${batchReal} real | ${of(0, "ms")} / ${of(1, "ms")} | ${ratio("ms")} | ${of(0, "cpuMs")} / ${of(1, "cpuMs")} | ${ratio("cpuMs")} | ${peak(0)} / ${peak(1)} |`,
  );
}

if (method === "all") {
  console.log(`load ${loadavg()[0].toFixed(1)}, one thread, median of ${rounds}, ours / PyTorch's`);
  console.log(
    "| iteration | wall ms | ratio | processor ms | ratio | memory MiB |\n| --- | --- | --- | --- | --- | --- |",
  );
  for (const one of methods)
    spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), one, ...numbers], {
      stdio: "inherit",
    });
} else await compare();
