/**
 * Whether networks learn a set, and how much of a trigger reaches them: `npx tsx repro/2502.04229/arrives.ts SET [NETWORK…]`, SET the one of
 * transfer.yaml: `retort distill --data cifar-10 --method dm --ipc 10 --preset reduced --iterations 300 --threads 1 --out runs/dm`,
 * `runs/dm/distilled.safetensors`. Needs CIFAR-10 in the data folder.
 *
 * One row a network. *Learnt*: accuracy on the images of the set that it was trained on, the clean one and the one with the square on every
 * image of the target class. For each trigger how far it moves the features before the last layer, ‖f(x ⊕ t) − f(x)‖ over the mean of
 * ‖f(x) − f(x′)‖, means over test images: at the initial weights, and after training on the clean set. One network each.
 */
import process from "node:process";
import { cleanLabel } from "../../src/attack/cleanLabel.ts";
import { magentaOptions } from "../../src/attack/common/triggerOptions.ts";
import { drive } from "../../src/core/drive.ts";
import { child, key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { normalisedBatch } from "../../src/data/normalisedBatch.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { triggerOf } from "../../src/data/triggerShapes.ts";
import { accuracy } from "../../src/metrics/rates.ts";
import { type Floats, initialise } from "../../src/nn/Network.ts";
import { networkRegistry } from "../../src/nn/networkRegistry.ts";
import { open, openRaw } from "../../src/node.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { predictionOf } from "../../src/train/logits.ts";
import { protocolOptions, type Protocol } from "../../src/train/protocol.ts";
import { argmaxRows, classesOf } from "../../src/train/targets.ts";
import { train } from "../../src/train/train.ts";

/** Receivers of transfer.yaml, and their widths. */
const receivers = { convNet: 32, mlp: 128, leNet: 6, alexNet: 32, vgg11: 16, resNet18: 16 } as const;
const looks = {
  square5: {},
  inside5: { margin: 13 },
  square8: { side: 8 },
  row5: { kind: "row" },
  stripes: { kind: "sinusoid", opacity: 0.3 },
} as const;

const IMAGES = 200;
const device = { name: "cpu", threads: 1 } as const;
const root = key(0);
const protocol = protocolOptions.parse({ epochs: 60, batch: 25 }) as Protocol;

const [file, ...chosen] = process.argv.slice(2);
const { set } = await open(file);
const test = normalisedBatch(await openRaw("cifar-10", "test", IMAGES), 0, IMAGES, set.normalisation);
const triggers = Object.values(looks).map((look) =>
  triggerOf(magentaOptions.parse(look), set.shape, set.normalisation, child(root, "trigger")),
);
const stamp = { ...cleanLabel.options.parse({ share: 1 }) };
const stamped = await drive(cleanLabel.run(set, stamp, { key: root, device }));

/** Mean distance of rows to those `by` rows on, or to the rows of another array. */
function distance(one: Floats, other: Floats, by = 0): number {
  const width = one.length / IMAGES;
  const rows = Array.from({ length: IMAGES }, (_, i) => {
    const from = ((i + by) % IMAGES) * width;
    return Math.hypot(...one.subarray(i * width, (i + 1) * width).map((v, j) => v - other[from + j]));
  });
  return rows.reduce((sum, d) => sum + d, 0) / IMAGES;
}

const percent = (share: number) => (100 * share).toFixed(0);
const line = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);
line(["network", "learnt, clean", "learnt, stamped", ...Object.keys(looks)]);
line(["---", ...Array.from({ length: 2 + triggers.length }, () => "---:")]);
for (const [name, width] of Object.entries(receivers)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const network = networkRegistry[name as keyof typeof receivers]({ channels: 3, size: 32, classes: 10 }, { width });
  await using learner = learnerFor(network, protocol, device);
  const learnt = async (one: DistilledSet) => {
    const { state } = await train(learner, one, protocol, child(root, "receiver"));
    const { logits } = await predictionOf(learner, state, one.images);
    return { state, share: accuracy(argmaxRows(logits, one.classes), classesOf(one)) };
  };
  const seed = child(root, "receiver");
  const fresh = learner.start(
    initialise(network.weights, child(seed, "weights")),
    initialise(network.running, child(seed, "running")),
  );
  const [clean, planted] = [await learnt(set), await learnt(stamped.set)];
  const moved: string[][] = triggers.map(() => []);
  for (const state of [fresh, clean.state]) {
    const { features } = await predictionOf(learner, state, test);
    const between = distance(features, features, 1);
    for (const [t, trigger] of triggers.entries()) {
      const { features: having } = await predictionOf(learner, state, applyTrigger(trigger, test));
      moved[t].push((distance(features, having) / between).toFixed(2));
    }
  }
  line([name, percent(clean.share), percent(planted.share), ...moved.map((pair) => pair.join(" → "))]);
}
