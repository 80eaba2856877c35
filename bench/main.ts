import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { startPeer } from "./peer.ts";
import { program, type Setting, type StepName, stepNames } from "./steps.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    rounds: { type: "string" },
    threads: { type: "string", default: `${Math.min(2, availableParallelism())}` },
    only: { type: "string" },
  },
});

const help = `Time a training step and a matching step against PyTorch eager, alternately.

  npm run bench -- [--quick] [--rounds N] [--threads N] [--only TEXT] [--json]

--quick     3 channels only, 3 rounds
--rounds    alternations of both sides per row (default 5); the ratio is the median over them
--only      rows whose name holds TEXT, e.g. "w128 b10 c3"
--json      one JSON object a row on stdout

PyTorch is looked for in $RETORT_PYTHON, /usr/bin/python3 and python3; without it only our own times are printed.
ratio = PyTorch's time / ours: above 1 Retort is faster; "cpu" is the same of processor time, which other
processes disturb less: with --threads 1 it is the figure to trust on a busy machine. "others" is the share of the machine that other
processes used meanwhile: above a few per cent the times are not to be trusted, the ratios less so.
`;

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1];
const settings: Setting[] = [3, ...(options.quick ? [] : [1])].flatMap((channels) =>
  [32, 128].flatMap((width) => [10, 100].map((batch) => ({ width, batch, channels }))),
);

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(help);
  const threads = Number(options.threads);
  const rounds = Number(options.rounds ?? (options.quick ? 3 : 5));
  const peer = await startPeer();
  const who = `${peer?.version ?? "no PyTorch here"}; ${cpus()[0].model}, ${threads} threads, Node ${process.version}`;
  process.stderr.write(`${who}, load ${loadavg()[0].toFixed(1)}\n`);
  if (!options.json)
    print(["step", "compile ms", "ours ms", "PyTorch ms", "ratio", "cpu", "RSS MiB", "PyTorch MiB", "others"]);
  for (const setting of settings)
    for (const step of stepNames) {
      const name = `${step} w${setting.width} b${setting.batch} c${setting.channels}`;
      if (options.only && !name.includes(options.only)) continue;
      await row(name, step, setting);
    }
  peer?.close();

  async function row(name: string, step: StepName, setting: Setting): Promise<void> {
    const { load, args } = program(step, setting);
    const before = performance.now();
    const run = await load({ name: "cpu", threads });
    const compileMs = performance.now() - before;
    const reps = setting.batch * setting.width > 2000 ? 3 : 7;
    const ours: number[] = [];
    const theirs: number[] = [];
    const cpuRatios: number[] = [];
    let others = 0;
    let peerMiB = 0;
    for (let round = 0; round < rounds; round++) {
      const times: number[] = [];
      const ownCpu = process.cpuUsage();
      for (let i = 0; i < reps + 1; i++) {
        const start = performance.now();
        await run(...args);
        if (i > 0) times.push(performance.now() - start);
      }
      ours.push(median(times));
      const { user, system } = process.cpuUsage(ownCpu);
      if (!peer) continue;
      const op = step === "train" ? "train_step" : "match_step";
      // The first request of a row builds the network: not timed.
      if (round === 0) await peer.ask({ op, ...setting, threads, reps: 1, warmup: 0 });
      const peerCpu = peer.cpu();
      const answer = await peer.ask({ op, ...setting, threads, reps, warmup: 1 });
      cpuRatios.push((peer.cpu() - peerCpu) / ((user + system) / 1000));
      theirs.push(answer.ms);
      others = Math.max(others, answer.othersCpu ?? 0);
      peerMiB = answer.peakRssMiB;
    }
    await run.close();
    const ratio = theirs.length ? median(theirs.map((t, i) => t / ours[i])) : undefined;
    const rss = process.resourceUsage().maxRSS / 1024;
    const [a, b] = [median(ours), theirs.length ? median(theirs) : undefined];
    if (options.json)
      console.log(
        JSON.stringify({
          name,
          compileMs,
          ours: a,
          theirs: b,
          ratio,
          cpuRatio: median(cpuRatios),
          rssMiB: rss,
          peerMiB,
          others,
        }),
      );
    else
      print([
        name,
        compileMs.toFixed(0),
        a.toFixed(1),
        b?.toFixed(1) ?? "",
        ratio?.toFixed(2) ?? "",
        cpuRatios.length ? median(cpuRatios).toFixed(2) : "",
        rss.toFixed(0),
        peer ? peerMiB.toFixed(0) : "",
        peer ? `${(100 * others).toFixed(0)} %` : "",
      ]);
  }
}

function print(cells: readonly string[]): void {
  console.log(cells.map((c, i) => (i === 0 ? c.padEnd(26) : c.padStart(11))).join(" "));
}

await main();
