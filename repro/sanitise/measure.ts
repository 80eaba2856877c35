/**
 * What a repair gives and costs: `npx tsx repro/sanitise/measure.ts RUNS OUT.json NAME…` (repro/sanitise/run.sh).
 *
 * RUNS holds, for each NAME, a run folder of `retort attack` and beside it `NAME.audit.json` of `retort audit --json`. Receivers (width
 * 32, the field's protocol, 100 epochs) are trained on
 *
 * - `clean`: the set before it was tampered with; its networks with the trigger are the control of every rise;
 * - `none`: the tampered set;
 * - `repair`: the tampered set after the default repair (inpaint, antidote) of what the audit found;
 * - `price`: the clean set after that very repair;
 * - `placebo`: the tampered set after the same repair of another class at another place, as many images.
 *
 * Nothing is measured twice: what OUT holds is kept.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cut } from "../../src/audit/Patch.ts";
import { drive } from "../../src/core/drive.ts";
import { child, key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { rawData } from "../../src/disk/rawData.ts";
import { setDigest } from "../../src/disk/setDigest.ts";
import { accuracy, attackSuccessRate, robustAccuracy } from "../../src/metrics/rates.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { open } from "../../src/node.ts";
import { loadAttack } from "../../src/run/attackStage.ts";
import { readAudit } from "../../src/run/auditFile.ts";
import { readRun } from "../../src/run/Run.ts";
import type { RepairTarget } from "../../src/sanitise/RepairTarget.ts";
import { findingsOfReport } from "../../src/sanitise/auditReport.ts";
import { findingsOf } from "../../src/sanitise/findings.ts";
import { picturesOf } from "../../src/sanitise/pictures.ts";
import { sanitiseSet } from "../../src/sanitise/sanitiseSet.ts";
import { chosenRepairs, placeRepairs } from "../../src/sanitise/settings.ts";
import { predictTest } from "../../src/train/evaluate.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { classesOf } from "../../src/train/targets.ts";
import { train } from "../../src/train/train.ts";

const RECEIVERS = 3;
const IMAGES = 1000;
const device = { name: "cpu", threads: 1 } as const;
const [runs, out, ...names] = process.argv.slice(2);
const test = await rawData("cifar-10", "measure").split("test", IMAGES);
type Rates = { cta: number; asr: number; ra: number };
type Row = { name: string; condition: string; images: number; found: object[]; receivers: Rates[] };
const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];

/** Findings that name as many images of another class, at the opposite place, with what one of them shows there. */
function wrong(set: DistilledSet, findings: readonly RepairTarget[]): RepairTarget[] {
  const labels = classesOf(set);
  const [, , h, w] = set.shape;
  return findings.map(({ targetClass, images, patch }) => {
    const other = (targetClass + 5) % set.classes;
    const own = [...labels.keys()].filter((i) => labels[i] === other).slice(0, images.length);
    if (!patch) return { targetClass: other, images: own };
    const { top, left, side } = patch;
    const [y, x] = [top + side / 2 < h / 2 ? h - side : 0, left + side / 2 < w / 2 ? w - side : 0];
    return { targetClass: other, images: own, patch: cut(picturesOf(set), set.shape, own[0], y, x, side) };
  });
}

for (const name of names) {
  const attack = await loadAttack(await readRun(join(runs, name)));
  if (!attack) throw new Error(`measure: ${name} holds no finished attack`);
  const { set, trigger, targetClass } = attack;
  const { set: clean } = await open(join(runs, name, "clean.safetensors"));
  const seed = Number(/\d+$/.exec(name)?.[0] ?? 0);
  const report = await readAudit(join(runs, `${name}.audit.json`), "measure");
  const findings = findingsOf(findingsOfReport(report, set, setDigest(set), "measure"), set.shape[0] / set.classes);
  const repaired = async (given: DistilledSet, of: readonly RepairTarget[]) =>
    (await drive(sanitiseSet(given, of, chosenRepairs(placeRepairs, {}, "measure"), { key: key(seed), device }))).set;
  const labels = classesOf(clean);
  const inClean = findings.map((one) => ({ ...one, images: one.images.filter((i) => labels[i] === one.targetClass) }));
  const conditions: Record<string, () => Promise<DistilledSet>> = {
    clean: async () => clean,
    none: async () => set,
    repair: () => repaired(set, findings),
    price: () => repaired(clean, inClean),
    placebo: () => repaired(set, wrong(set, findings)),
  };
  await using learner = learnerFor(
    convNet({ channels: clean.shape[1], size: clean.shape[2], classes: clean.classes }, { width: 32 }),
    protocolOptions.parse({ epochs: 100 }),
    device,
  );
  for (const [condition, make] of Object.entries(conditions)) {
    if (rows.some((row) => row.name === name && row.condition === condition)) continue;
    const given = await make();
    // The set of another run of the same base is the same: its networks are too.
    const base = name.split("-")[0];
    const known = condition === "clean" && rows.find((row) => row.condition === "clean" && row.name.split("-")[0] === base);
    const receivers: Rates[] = known ? known.receivers : [];
    for (let i = 0; receivers.length < RECEIVERS; i++) {
      const { state } = await train(learner, given, protocolOptions.parse({ epochs: 100 }), child(key(100), "receiver", i));
      const ways = [(x: Float32Array<ArrayBuffer>) => x, (x: Float32Array<ArrayBuffer>) => applyTrigger(trigger, x)];
      const [plain, stamped] = await predictTest(learner, state, test, given, ways);
      receivers.push({
        cta: accuracy(plain, test.labels),
        asr: attackSuccessRate(stamped, test.labels, targetClass),
        ra: robustAccuracy(stamped, test.labels, targetClass),
      });
    }
    const found = findings.map(({ targetClass: t, images, patch }) => ({ targetClass: t, images, top: patch?.top, left: patch?.left }));
    rows.push({ name, condition, images: given.shape[0], found, receivers });
    writeFileSync(out, `${JSON.stringify(rows, null, 1)}\n`);
    const mean = (rate: keyof Rates) => (receivers.reduce((s, one) => s + one[rate], 0) / receivers.length) * 100;
    console.log(name, condition, `CTA ${mean("cta").toFixed(1)}, ASR ${mean("asr").toFixed(1)}, RA ${mean("ra").toFixed(1)}`);
  }
}
