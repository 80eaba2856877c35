/**
 * Times of one network: `npx tsx bench/networks.ts NETWORK WIDTH BATCH [THREADS [REPETITIONS]]`, as `vgg11 64 100 1`.
 *
 * Prints the fastest and the median training step on so many images of 3×32×32 and the same of testing 16. To compare two versions
 * of Retort, run it in either checkout, in turns.
 */
import process from "node:process";
import { key } from "../src/core/random.ts";
import { initialise } from "../src/nn/Network.ts";
import * as networks from "../src/nn/networks.ts";
import { sgd } from "../src/nn/optimisers.ts";
import { Learner } from "../src/train/Learner.ts";

const [name = "convNet", width = "128", batch = "100", threads = "1", repetitions = "8"] = process.argv.slice(2);
if (!Object.hasOwn(networks, name)) {
  process.stderr.write(`bench: unknown network: expected one of ${Object.keys(networks).join(", ")}, got ${name}\n`);
  process.exit(2);
}
const make = networks[name as "convNet"];
const network = make({ channels: 3, size: 32, classes: 10 }, { width: Number(width) });
const learner = new Learner(network, sgd({ momentum: 0.9, weightDecay: 5e-4 }), {
  name: "cpu",
  threads: Number(threads),
});

const pictures = (n: number) => Float32Array.from({ length: n * 3072 }, (_, i) => Math.sin(i * 1.3 + ((i * i) % 7)));
const labels = (n: number) =>
  Float32Array.from({ length: n * 10 }, (_, i) => Number(i % 10 === Math.floor(i / 10) % 10));

async function time(what: string, run: () => Promise<unknown>): Promise<void> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < Number(repetitions); i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const [fastest, median] = [times[0], times[times.length >> 1]].map((ms) => ms.toFixed(1));
  console.log(`${name} ${width}, ${threads} threads, ${what}: fastest ${fastest} ms, median ${median} ms`);
}

const state = learner.start(initialise(network.weights, key(1)), initialise(network.running, key(2)));
const [x, y] = [pictures(Number(batch)), labels(Number(batch))];
await time(`training on ${batch} images`, () => learner.step(state, x, y, 0.01));
const predict = learner.predictor(state);
const test = pictures(16);
await time("testing 16 images", () => predict(test));
await learner.close();
