/**
 * Why an attack falls short: `npx tsx repro/frontier/causes.ts RUN…`, with run folders of `retort attack` on a CIFAR-10 set.
 *
 * Each network is shown three kinds of images without and with the trigger. `answers` is the share of those called the target with
 * the trigger among those that were not without it.
 *
 * - Networks: surrogates as the interceptor trains them (width 32, ten passes and fifty), receivers of width 32 and of width 128 by
 *   the field's protocol. What only surrogates answer to is lost in *transfer*.
 * - Images: generated dead leaves as the attack learns from but others, augmented images of the set, real test images. What networks
 *   answer to on leaves but not on real images is lost in *generalisation*.
 * - What even surrogates do not answer to on leaves is beyond what ten images can hold: *capacity*.
 */
import process from "node:process";
import { carriers } from "../../src/attack/common/carriers.ts";
import { Surrogates, sgdOptions } from "../../src/attack/common/surrogate.ts";
import { child, key } from "../../src/core/random.ts";
import { applyTrigger, type Trigger } from "../../src/data/Trigger.ts";
import { loadAttack } from "../../src/run/attackStage.ts";
import { rawData } from "../../src/disk/rawData.ts";
import { readRun } from "../../src/run/Run.ts";
import { normalisedBatch } from "../../src/data/normalisedBatch.ts";
import { summarise } from "../../src/metrics/intervals.ts";
import type { Floats } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import type { Learner, LearnerState } from "../../src/train/Learner.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { logitsOf } from "../../src/train/logits.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { argmaxRows } from "../../src/train/targets.ts";
import { train } from "../../src/train/train.ts";
import { z } from "zod";

const SEEDS = 5;
const IMAGES = 1000;
const device = { name: "cpu", threads: 1 } as const;
const percent = (x: number) => (100 * x).toFixed(1);

/** Share called the target with the trigger, of the images that are not called so without it. */
async function answers(learner: Learner, state: LearnerState, images: Floats, trigger: Trigger, target: number): Promise<number> {
  const say = async (x: Floats) => argmaxRows(await logitsOf(learner, state, x), learner.network.classes);
  const [plain, stamped] = [await say(images), await say(applyTrigger(trigger, images))];
  const others = [...plain.keys()].filter((i) => plain[i] !== target);
  return others.filter((i) => stamped[i] === target).length / others.length;
}

const test = await rawData("cifar-10", "causes").split("test", IMAGES);
console.log("| attack | networks | leaves | the set, augmented | real test images |");
console.log("| --- | --- | ---: | ---: | ---: |");
for (const folder of process.argv.slice(2)) {
  const found = await loadAttack(await readRun(folder));
  if (!found) throw new Error(`causes: ${folder} holds no finished attack`);
  const { set, trigger, targetClass } = found;
  const shape = { channels: set.shape[1], size: set.shape[2], classes: set.classes };
  const kinds = [
    carriers(set, { sources: ["leaves"], count: IMAGES }, key("causes")),
    carriers(set, { sources: ["set"], count: IMAGES }, key("causes")),
    normalisedBatch(test, 0, IMAGES, set.normalisation),
  ];
  const protocol = protocolOptions.parse({ epochs: 100 });
  const receivers = (width: number) => {
    const learner = learnerFor(convNet(shape, { width }), protocol, device);
    return { learner, grow: async (seed: number) => (await train(learner, set, protocol, child(key("causes"), width, seed))).state };
  };
  const surrogates = (passes: number) => {
    const made = new Surrogates(convNet(shape, { width: 32 }), set, z.strictObject(sgdOptions).parse({}), 256, device);
    return { learner: made.learner, grow: (seed: number) => made.trained(passes, child(key("causes"), "surrogate", seed)) };
  };
  const rows = {
    "surrogates, 10 passes": surrogates(10),
    "surrogates, 50 passes": surrogates(50),
    "receivers of width 32": receivers(32),
    "receivers of width 128": receivers(128),
  };
  for (const [name, { learner, grow }] of Object.entries(rows)) {
    const shares: number[][] = kinds.map(() => []);
    for (let seed = 0; seed < SEEDS; seed++) {
      const state = await grow(seed);
      for (const [i, images] of kinds.entries()) shares[i].push(await answers(learner, state, images, trigger, targetClass));
    }
    const cells = shares.map((values) => {
      const { mean, sd } = summarise(values);
      return `${percent(mean)} ± ${percent(sd ?? Number.NaN)}`;
    });
    console.log(`| ${set.metadata.attack} | ${name} | ${cells.join(" | ")} |`);
    await learner.close();
  }
}
