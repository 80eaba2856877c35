/**
 * A whole attack of the paper by its preset: in a process of its own with as many threads as it takes by itself, with one and with two, in
 * turns; and what its updates alone would take in PyTorch eager.
 *
 *     npx tsx bench/attack.ts SET PRESET [NORMALISATION] [ROUNDS]
 *
 * PyTorch's time is that of its matching step with a ConvNet-3 of the surrogates' width on as many images (two threads), times the updates that
 * the attack made: once as `F.conv2d` has it, once with faster second derivatives (peers/torch_steps.py). Its networks, archetypes and
 * questions, and what is compiled, are in our time and not in that one.
 */
import { spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { attack } from "../src/index.ts";
import { open } from "../src/node.ts";
import { startPeer } from "./peer.ts";

const [path, preset, normalisation = "", rounds = "3", threads] = process.argv.slice(2);
if (preset === undefined) {
  console.error("usage: npx tsx bench/attack.ts SET PRESET [NORMALISATION] [ROUNDS]");
  process.exit(2);
}

interface Took {
  readonly seconds: number;
  /** Processor time of the process, its start included. */
  readonly cpu: number;
  readonly mebibytes: number;
  readonly updates: number;
  readonly images: number;
  readonly channels: number;
  readonly width: number;
}

/** The attack in this process, on a set that is open. */
async function once(): Promise<Took> {
  const { set } = await open(path, normalisation ? { normalisation } : {});
  const start = performance.now();
  const { set: tampered, curves } = await attack(set, "poisonedDistillation", { preset }, { threads: Number(threads) });
  const { user, system } = process.cpuUsage();
  const { surrogate } = tampered.metadata.attackOptions as { surrogate: { width: number } };
  return {
    seconds: (performance.now() - start) / 1000,
    cpu: (user + system) / 1e6,
    mebibytes: process.resourceUsage().maxRSS / 1024,
    updates: curves?.loss.length ?? 0,
    images: set.shape[0],
    channels: set.shape[1],
    width: surrogate.width,
  };
}

async function inTurns(): Promise<void> {
  const choices = { default: 0, one: 1, two: 2 };
  const took: Record<string, Took[]> = { default: [], one: [], two: [] };
  const peer = await startPeer();
  const theirs: Record<string, number[]> = { stock: [], tuned: [] };
  console.log(`${cpus()[0].model}, ${preset} on ${path.split("/").at(-1)}, ${peer?.version ?? "no PyTorch here"}`);
  for (let round = 0; round < Number(rounds); round++) {
    for (const [name, count] of Object.entries(choices)) {
      const args = [...process.execArgv, fileURLToPath(import.meta.url), path, preset, normalisation, "1", `${count}`];
      const load = loadavg()[0];
      const { stdout, status } = spawnSync(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      if (status !== 0) throw new Error(`attack: the run with ${name} thread(s) ended with status ${status}`);
      const now = JSON.parse(`${stdout}`) as Took;
      took[name].push(now);
      console.log(
        `${name} thread(s): ${now.seconds.toFixed(1)} s, ${now.cpu.toFixed(1)} s of processor time, ${now.mebibytes.toFixed(0)} MiB, ${now.updates} updates, load ${load.toFixed(1)}`,
      );
    }
    const { updates, images: batch, channels, width } = took.default[round];
    for (const conv of ["stock", "tuned"]) {
      const answer = await peer?.ask({
        op: "match_step",
        width,
        batch,
        channels,
        threads: 2,
        reps: 5,
        variant: { conv },
      });
      if (answer) theirs[conv].push((answer.ms * updates) / 1000);
    }
  }
  peer?.close();
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const seconds = (name: string) => took[name].map((one) => one.seconds);
  const best = took.default.map((_, i) => Math.min(seconds("one")[i], seconds("two")[i]));
  console.log(
    `default over the better of one and two threads: ${median(seconds("default").map((s, i) => s / best[i])).toFixed(2)}`,
  );
  for (const [conv, times] of Object.entries(theirs).filter(([, list]) => list.length > 0))
    console.log(
      `PyTorch, ${conv}, updates alone: ${median(times).toFixed(1)} s, ${median(times.map((s, i) => s / seconds("default")[i])).toFixed(2)} of our whole attack`,
    );
}

if (threads === undefined) await inTurns();
else console.log(JSON.stringify(await once()));
