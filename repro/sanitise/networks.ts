/**
 * What repairs of trained networks give and cost: `npx tsx repro/sanitise/networks.ts RUNS OUT.json NAME…` (repro/sanitise/networks.sh).
 *
 * RUNS holds, for each NAME, a run folder of `retort attack` of a set, `NAME.audit.json` of `retort audit --json` of the tampered
 * set, and `NAME-networks`, the run folder of `retort evaluate --keep-networks`. Real images, the attack's own trigger. Conditions:
 *
 * - `none`: the network of the tampered set;
 * - a repair, several joined by `+`: what became of it;
 * - `placebo`: unlearning in which nothing is pasted on the copies: the same pictures, epochs and order;
 * - `clean`: the network of the set before it was tampered with;
 * - `price`: that network after the very repair.
 *
 * Nothing is measured twice: what OUT holds is kept.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { drive } from "../../src/core/drive.ts";
import { key } from "../../src/core/random.ts";
import { readNetwork } from "../../src/disk/networkFile.ts";
import { rawData } from "../../src/disk/rawData.ts";
import { setDigest } from "../../src/disk/setDigest.ts";
import { loadAttack } from "../../src/run/attackStage.ts";
import { readAudit } from "../../src/run/auditFile.ts";
import { readRun } from "../../src/run/Run.ts";
import { findingsOfReport } from "../../src/sanitise/auditReport.ts";
import { findingsOf } from "../../src/sanitise/findings.ts";
import { sanitiseNetwork } from "../../src/sanitise/network/sanitiseNetwork.ts";
import { chosenNetworkRepairs } from "../../src/sanitise/network/settings.ts";
import type { RepairTarget } from "../../src/sanitise/RepairTarget.ts";
import { ratesOfNetwork } from "../../src/train/ratesOfNetwork.ts";
import type { TrainedNetwork } from "../../src/train/TrainedNetwork.ts";

const IMAGES = 1000;
const device = { name: "cpu", threads: 1 } as const;
const [runs, out, ...names] = process.argv.slice(2);
const test = await rawData("cifar-10", "networks").split("test", IMAGES);
interface Row {
  readonly name: string;
  readonly condition: string;
  readonly cta: number;
  readonly asr?: number;
  /** Success of the found trigger on pictures that are none of the set, before and after; what repairs said. */
  readonly own?: object;
}
const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
const others: Record<string, readonly string[]> = {
  finePrune: ["finePrune"],
  "finePrune+unlearn": ["finePrune", "unlearn"],
};

/** The same place and images, and nothing that is pasted. */
const harmless = (findings: readonly RepairTarget[]): RepairTarget[] =>
  findings.map((one) => ({
    ...one,
    ...(one.patch && { patch: { ...one.patch, mask: new Float32Array(one.patch.side ** 2) } }),
  }));

for (const name of names) {
  const attack = await loadAttack(await readRun(join(runs, name)));
  if (!attack) throw new Error(`networks: ${name} holds no finished attack`);
  const { set, trigger, targetClass } = attack;
  const seed = Number(/\d+$/.exec(name)?.[0] ?? 0);
  const network = (which: string) =>
    readNetwork(join(runs, `${name}-networks`, "networks", `convNet-32-100-0-${which}.safetensors`), "networks");
  const [clean, tampered] = [await network("clean"), await network("tampered")];
  const report = await readAudit(join(runs, `${name}.audit.json`), "networks");
  const findings = findingsOf(findingsOfReport(report, set, setDigest(set), "networks"), set.shape[0] / set.classes);
  const measure = async (condition: string, make: () => Promise<{ network: TrainedNetwork; own?: object }>) => {
    if (rows.some((row) => row.name === name && row.condition === condition)) return;
    const { network: one, own } = await make();
    const rates = await ratesOfNetwork(one, test, { trigger, targetClass }, device);
    rows.push({ name, condition, ...rates, ...(own && { own }) });
    writeFileSync(out, `${JSON.stringify(rows, null, 1)}\n`);
    console.log(name, condition, `CTA ${(100 * rates.cta).toFixed(1)}, ASR ${(100 * (rates.asr ?? 0)).toFixed(1)}`, JSON.stringify(own ?? {}));
  };
  const repaired = async (given: TrainedNetwork, of: readonly RepairTarget[], repairs: readonly string[]) => {
    const work = sanitiseNetwork(given, set, of, chosenNetworkRepairs(repairs, {}, "networks"), { key: key(seed), device, force: true });
    const { network: one, steps, triggers, learnt } = await drive(work);
    return { network: one, own: { said: steps.map(({ said }) => said), triggers, learnt } };
  };
  await measure("none", async () => ({ network: tampered }));
  await measure("unlearn", () => repaired(tampered, findings, ["unlearn"]));
  await measure("placebo", () => repaired(tampered, harmless(findings), ["unlearn"]));
  await measure("clean", async () => ({ network: clean }));
  await measure("price of unlearn", () => repaired(clean, findings, ["unlearn"]));
  for (const [condition, repairs] of Object.entries(others)) {
    await measure(condition, () => repaired(tampered, findings, repairs));
    await measure(`price of ${condition}`, () => repaired(clean, findings, repairs));
  }
}
