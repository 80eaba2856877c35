/**
 * An iteration of `distill --method mtt`, without augmentation, against PyTorch eager, in turns: wall time and processor time, medians
 * over the rounds, and the most memory either held.
 *
 *     npx tsx bench/trajectory.ts [width] [images] [steps] [rounds]
 */
import { once } from "node:events";
import { key, normal } from "../src/core/random.ts";
import { TrajectoryUpdate } from "../src/distill/trajectories/TrajectoryUpdate.ts";
import type { TrajectoryOptions } from "../src/distill/trajectories/trajectoryOptions.ts";
import { initialise } from "../src/nn/Network.ts";
import { convNet } from "../src/nn/networks/convNet.ts";
import { sgd } from "../src/nn/optimisers.ts";
import { Learner } from "../src/train/Learner.ts";
import { findPython } from "../test/python.ts";
import { converse } from "./peer.ts";

const [width = 32, batch = 10, steps = 10, rounds = 7] = process.argv.slice(2).map(Number);
const cpu = { name: "cpu", threads: 1 } as const;
const network = convNet({ channels: 3, size: 32, classes: 10 }, { width });
const learner = new Learner(network, sgd(), cpu);
const images = normal(key("images"), batch * 3 * 32 * 32);
const [from, target] = [initialise(network.weights, key(1)), initialise(network.weights, key(2))];
const lesson = { images, labels: undefined, rate: 0.01 };

const ours = (["exact", "held"] as const).map((gradient) => {
  const options = { studentSteps: steps, batchTrain: batch, gradient } as TrajectoryOptions;
  const update = new TrajectoryUpdate(learner, [batch, 3, 32, 32], options, [], false, cpu);
  const run = async () => {
    const [wall, used] = [performance.now(), process.cpuUsage()];
    await update.slopes(lesson, from, target, key("iteration"));
    const { user, system } = process.cpuUsage(used);
    return { ms: performance.now() - wall, cpuMs: (user + system) / 1000 };
  };
  return { name: gradient, run, update };
});

const python = findPython("torch");
if (!python) throw new Error("trajectory: no Python with PyTorch (RETORT_PYTHON)");
const { child, exchange } = converse(python, "torch_trajectory.py", 1);
const torch = {
  name: "PyTorch",
  run: async () =>
    (await exchange({ width, batch, steps, threads: 1 })) as unknown as {
      ms: number;
      cpuMs: number;
      peakRssMiB: number;
    },
};

const all = [...ours, torch];
const times = new Map(all.map(({ name }) => [name, [] as { ms: number; cpuMs: number; peakRssMiB?: number }[]]));
for (const { run } of all) await run(); // compiles
for (let i = 0; i < rounds; i++) for (const { name, run } of all) times.get(name)!.push(await run());
child.stdin.end();
await once(child, "exit");

const median = (x: readonly number[]) => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)];
console.log(`width ${width}, ${batch} images, ${steps} steps, one thread, median of ${rounds}`);
for (const [name, list] of times) {
  const of = (what: "ms" | "cpuMs") => median(list.map((one) => one[what]));
  console.log(`${name.padEnd(8)} ${of("ms").toFixed(0)} ms, processor ${of("cpuMs").toFixed(0)} ms`);
}
const peak = Math.max(...times.get("PyTorch")!.map((one) => one.peakRssMiB!));
console.log(`memory   ours ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, PyTorch ${peak.toFixed(0)} MiB`);
for (const { update } of ours) await update.close();
await learner.close();
