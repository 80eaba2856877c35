/**
 * What of a tampered set carries the trigger: `npx tsx repro/sanitise/whatStays.ts RUN`, RUN being the folder of `retort demo`.
 *
 * Parts of the target's image are given back from the set as it was before; five receivers of width 16, the demo's 500 drawings.
 */
import { join } from "node:path";
import process from "node:process";
import { child, key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { strokes } from "../../src/index.ts";
import { accuracy, attackSuccessRate } from "../../src/metrics/rates.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { open } from "../../src/node.ts";
import { loadAttack } from "../../src/run/attackStage.ts";
import { readRun } from "../../src/run/Run.ts";
import { picturesOf, withPictures } from "../../src/sanitise/pictures.ts";
import { predictTest } from "../../src/train/evaluate.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { classesOf } from "../../src/train/targets.ts";
import { train } from "../../src/train/train.ts";

const RECEIVERS = 5;
const [folder] = process.argv.slice(2);
const attack = await loadAttack(await readRun(folder));
if (!attack) throw new Error(`whatStays: ${folder} holds no finished attack`);
const { set, trigger, targetClass } = attack;
const { set: clean } = await open(join(folder, "clean.safetensors"));
const test = strokes("test", 500);
const [m, c, h, w] = set.shape;
const [tampered, untouched] = [picturesOf(set), picturesOf(clean)];
const labels = classesOf(set);
const ofTarget = (i: number) => labels[i] === targetClass;
/** Rows and columns from which on the trigger lies, at the bottom right. */
const [top, left] = [h, w].map((edge) => edge - Math.sqrt(trigger.mask.filter((v) => v > 0).length));

function givenBack(images: (i: number) => boolean, inside: (y: number, x: number) => boolean): DistilledSet {
  const after = tampered.slice();
  for (let at = 0; at < after.length; at++) {
    const [i, y, x] = [Math.floor(at / (c * h * w)), Math.floor(at / w) % h, at % w];
    if (images(i) && inside(y, x)) after[at] = untouched[at];
  }
  return withPictures(set, tampered, after);
}

const around = (margin: number) => (y: number, x: number) => y >= top - margin && x >= left - margin;
const conditions: Record<string, DistilledSet> = {
  clean,
  tampered: set,
  "the target's image, at the place": givenBack(ofTarget, around(0)),
  "and 3 pixels around": givenBack(ofTarget, around(3)),
  "and 8 pixels around": givenBack(ofTarget, around(8)),
  "the target's image, wholly": givenBack(ofTarget, () => true),
  "all other images, wholly": givenBack((i) => !ofTarget(i), () => true),
};
const protocol = protocolOptions.parse({ epochs: 100 });
const network = convNet({ channels: c, size: h, classes: set.classes }, { width: 16 });
await using learner = learnerFor(network, protocol, { name: "cpu", threads: 1 });
for (const [name, given] of Object.entries(conditions)) {
  const rates: { cta: number; asr: number }[] = [];
  for (let i = 0; i < RECEIVERS; i++) {
    const { state } = await train(learner, given, protocol, child(key(100), "receiver", i));
    const ways = [(x: Float32Array<ArrayBuffer>) => x, (x: Float32Array<ArrayBuffer>) => applyTrigger(trigger, x)];
    const [plain, stamped] = await predictTest(learner, state, test, given, ways);
    rates.push({ cta: accuracy(plain, test.labels), asr: attackSuccessRate(stamped, test.labels, targetClass) });
  }
  const mean = (rate: "cta" | "asr") => ((100 * rates.reduce((s, one) => s + one[rate], 0)) / RECEIVERS).toFixed(1);
  console.log(`${name}: ${mean("cta")} / ${mean("asr")}`, `(${m} images)`);
}
