/**
 * What it gives to repair until the trigger is gone: `npx tsx repro/sanitise/rounds.ts OUT.json NAME…`.
 *
 * `demo-SEED` is a set of the demo's kind (docs/demo.md), backdoored by `poisoned-distillation --preset robust-one`: receivers of width 16,
 * 500 drawings that neither the demo nor a choice has seen. `stamped-SEED` are ten random images a class of CIFAR-10 (RETORT_DATA) with
 * `clean-label --preset strong`: receivers of width 32, 1000 test images. Receivers are trained on
 *
 * - `clean`: the set before it was tampered with; its networks with the trigger are the control of every rise;
 * - `none`: the tampered set;
 * - `once`: repaired once;
 * - `rounds`: repaired as `retort sanitise --force` does, by its defaults.
 *
 * Nothing is measured twice: what OUT holds is kept.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { child, key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { attack, audit, distil, type LabelledSet, sanitise, strokes } from "../../src/index.ts";
import { isLeft } from "../../src/library/sanitiseRecord.ts";
import { accuracy, attackSuccessRate } from "../../src/metrics/rates.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { openRaw } from "../../src/node.ts";
import { predictTest } from "../../src/train/evaluate.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { train } from "../../src/train/train.ts";

const RECEIVERS = 3;
const [out, ...names] = process.argv.slice(2);
interface Row {
  readonly name: string;
  readonly condition: string;
  readonly images: number;
  readonly receivers: readonly { readonly cta: number; readonly asr: number }[];
  /** What the audits said: the first, and the one after each round. */
  readonly said?: readonly string[];
}
const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];

async function kindOf(name: string, seed: number) {
  const call = { seed, threads: 1 };
  if (name === "demo") {
    const all = strokes("test", 1_000);
    const [, ...image] = all.shape;
    const size = image.reduce((a, b) => a * b, 1);
    const test: LabelledSet = {
      ...all,
      shape: [500, ...image] as unknown as LabelledSet["shape"],
      pixels: all.pixels.slice(500 * size),
      labels: all.labels.slice(500),
    };
    const settings = { ipc: 1, iterations: 100, batchReal: 48, width: 16 };
    const raw = strokes("train", 2_000);
    const clean = await distil(raw, "distributionMatching", settings, { ...call, normalisation: "strokes" });
    return { clean, attacked: await attack(clean, "poisonedDistillation", { preset: "robust-one" }, call), test, width: 16 };
  }
  const clean = await distil(await openRaw("cifar-10", "train"), "randomReal", { ipc: 10 }, call);
  const test = await openRaw("cifar-10", "test", 1_000);
  return { clean, attacked: await attack(clean, "cleanLabel", { preset: "strong" }, call), test, width: 32 };
}

for (const name of names) {
  const [kind, number] = name.split("-");
  const seed = Number(number);
  const has = (condition: string) => rows.some((row) => row.name === name && row.condition === condition);
  if (["clean", "none", "once", "rounds"].every(has)) continue;
  const { clean, attacked, test, width } = await kindOf(kind, seed);
  const { set, trigger, targetClass } = attacked;
  const protocol = protocolOptions.parse({ epochs: 100 });
  const [, channels, size] = clean.shape;
  await using learner = learnerFor(convNet({ channels, size, classes: clean.classes }, { width }), protocol, {
    name: "cpu",
    threads: 1,
  });
  const known = new Map<DistilledSet, Row["receivers"]>();
  const measure = async (condition: string, given: DistilledSet, said?: readonly string[]) => {
    if (has(condition)) return;
    const receivers = [...(known.get(given) ?? [])];
    for (let i = receivers.length; i < RECEIVERS; i++) {
      const { state } = await train(learner, given, protocol, child(key(100), "receiver", i));
      const ways = [(x: Float32Array<ArrayBuffer>) => x, (x: Float32Array<ArrayBuffer>) => applyTrigger(trigger, x)];
      const [plain, stamped] = await predictTest(learner, state, test, given, ways);
      receivers.push({
        cta: accuracy(plain, test.labels),
        asr: attackSuccessRate(stamped, test.labels, targetClass),
      });
    }
    known.set(given, receivers);
    rows.push({ name, condition, images: given.shape[0], receivers, ...(said && { said }) });
    writeFileSync(out, `${JSON.stringify(rows, null, 1)}\n`);
    const mean = (rate: "cta" | "asr") => (100 * receivers.reduce((s, one) => s + one[rate], 0)) / RECEIVERS;
    console.log(name, condition, given.shape[0], `CTA ${mean("cta").toFixed(1)}, ASR ${mean("asr").toFixed(1)}`, ...(said ?? []));
  };
  await measure("clean", clean);
  await measure("none", set);
  const call = { seed, threads: 1 };
  const { conclusion, result } = await audit(set, {}, call);
  const settings = { audit: { ...result, ...conclusion }, force: true };
  const first = `${conclusion.verdict}, class ${conclusion.suspect?.targetClass}`;
  const again = await sanitise(set, settings, call);
  const once = again.rounds.length > 1 ? await sanitise(set, { ...settings, again: false }, call) : again;
  await measure("once", once.set, [first]);
  const said = again.rounds.map(({ findings, after }) => {
    const images = findings.flatMap((one) => one.images);
    return `${findings.length} findings, images ${images.join(" ") || "none"}: ${after?.verdict}, ${after?.left.length} left`;
  });
  await measure("rounds", again.set, [first, ...said, isLeft(again) ? "something is left" : "gone"]);
}
