/**
 * Libraries of clean sets: `npx tsx repro/audit/libraries.ts OUT [ROUNDS [KIND,…]]`. Each round distils one set of every recipe from the raw data
 * (RETORT_DATA) with its number as the seed, audits it at the default level (KIND-quick: at the quick one) and writes OUT/KIND.json, which
 * says how each was made. What stands there already is not made again. Only numbers are kept.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type Calibration, calibration, calibrationKind, scoresOf } from "../../src/audit/calibration.ts";
import { defaultAudit } from "../../src/audit/settings.ts";
import { kebab } from "../../src/core/spelling.ts";
import { version } from "../../src/core/version.ts";
import { distil } from "../../src/index.ts";
import { audit, calibrationSettings } from "../../src/library/audit.ts";
import { openRaw } from "../../src/node.ts";

const recipes = [
  { library: "colour-1", data: "cifar-10", method: "randomReal", ipc: 1, settings: {} },
  { library: "colour-1", data: "cifar-10", method: "distributionMatching", ipc: 1, settings: { preset: "quick" } },
  { library: "colour-1", data: "cifar-10", method: "datasetCondensation", ipc: 1, settings: { preset: "quick" }, upTo: 10 },
  { library: "colour-2-9", data: "cifar-10", method: "randomReal", ipc: 2, settings: {}, upTo: 5 },
  { library: "colour-2-9", data: "cifar-10", method: "randomReal", ipc: 5, settings: {}, upTo: 5 },
  { library: "colour-2-9", data: "cifar-10", method: "distributionMatching", ipc: 2, settings: { preset: "quick" }, upTo: 5 },
  { library: "colour-2-9", data: "cifar-10", method: "distributionMatching", ipc: 5, settings: { preset: "quick" }, upTo: 5 },
  { library: "grey-1", data: "mnist", method: "randomReal", ipc: 1, settings: {}, upTo: 10 },
  { library: "grey-1", data: "fashion-mnist", method: "randomReal", ipc: 1, settings: {}, upTo: 10 },
  { library: "grey-1", data: "mnist", method: "distributionMatching", ipc: 1, settings: { preset: "quick" }, upTo: 10 },
  { library: "grey-1", data: "fashion-mnist", method: "distributionMatching", ipc: 1, settings: { preset: "quick" }, upTo: 10 },
  { library: "colour-10", data: "cifar-10", method: "randomReal", ipc: 10, settings: {} },
  { library: "colour-10", data: "cifar-10", method: "distributionMatching", ipc: 10, settings: { preset: "quick" } },
  { library: "grey-10", data: "mnist", method: "randomReal", ipc: 10, settings: {}, upTo: 5 },
  { library: "grey-10", data: "fashion-mnist", method: "randomReal", ipc: 10, settings: {}, upTo: 5 },
  { library: "grey-10", data: "mnist", method: "distributionMatching", ipc: 10, settings: { preset: "quick" }, upTo: 5 },
  { library: "grey-10", data: "fashion-mnist", method: "distributionMatching", ipc: 10, settings: { preset: "quick" }, upTo: 5 },
  { library: "grey-2-9", data: "mnist", method: "randomReal", ipc: 2, settings: {}, upTo: 3 },
  { library: "grey-2-9", data: "mnist", method: "randomReal", ipc: 5, settings: {}, upTo: 3 },
  { library: "grey-2-9", data: "fashion-mnist", method: "randomReal", ipc: 2, settings: {}, upTo: 3 },
  { library: "grey-2-9", data: "fashion-mnist", method: "randomReal", ipc: 5, settings: {}, upTo: 3 },
  { library: "grey-2-9", data: "mnist", method: "distributionMatching", ipc: 2, settings: { preset: "quick" }, upTo: 3 },
  { library: "grey-2-9", data: "mnist", method: "distributionMatching", ipc: 5, settings: { preset: "quick" }, upTo: 3 },
  { library: "grey-2-9", data: "fashion-mnist", method: "distributionMatching", ipc: 2, settings: { preset: "quick" }, upTo: 3 },
  { library: "grey-2-9", data: "fashion-mnist", method: "distributionMatching", ipc: 5, settings: { preset: "quick" }, upTo: 3 },
  { library: "colour-1-soft", data: "cifar-10", method: "neuralFeatureRegression", ipc: 1, settings: { preset: "quick" }, upTo: 20 },
  { library: "colour-1-soft", data: "cifar-10", method: "alignedTrajectories", ipc: 1, settings: { preset: "quick" }, upTo: 20 },
  { library: "colour-1-quick", data: "cifar-10", method: "randomReal", ipc: 1, settings: {}, upTo: 20 },
  { library: "colour-1-quick", data: "cifar-10", method: "distributionMatching", ipc: 1, settings: { preset: "quick" }, upTo: 20 },
  { library: "colour-10-quick", data: "cifar-10", method: "randomReal", ipc: 10, settings: {}, upTo: 20 },
  { library: "colour-10-quick", data: "cifar-10", method: "distributionMatching", ipc: 10, settings: { preset: "quick" }, upTo: 20 },
  { library: "grey-1-quick", data: "mnist", method: "randomReal", ipc: 1, settings: {}, upTo: 5 },
  { library: "grey-1-quick", data: "fashion-mnist", method: "randomReal", ipc: 1, settings: {}, upTo: 5 },
  { library: "grey-1-quick", data: "mnist", method: "distributionMatching", ipc: 1, settings: { preset: "quick" }, upTo: 5 },
  { library: "grey-1-quick", data: "fashion-mnist", method: "distributionMatching", ipc: 1, settings: { preset: "quick" }, upTo: 5 },
  { library: "grey-10-quick", data: "mnist", method: "randomReal", ipc: 10, settings: {}, upTo: 5 },
  { library: "grey-10-quick", data: "fashion-mnist", method: "randomReal", ipc: 10, settings: {}, upTo: 5 },
  { library: "grey-10-quick", data: "mnist", method: "distributionMatching", ipc: 10, settings: { preset: "quick" }, upTo: 5 },
  { library: "grey-10-quick", data: "fashion-mnist", method: "distributionMatching", ipc: 10, settings: { preset: "quick" }, upTo: 5 },
] as const;

const [out, rounds = "40", only] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const raw = new Map<string, Awaited<ReturnType<typeof openRaw>>>();
for (let seed = 0; seed < Number(rounds); seed++)
  for (const recipe of recipes) {
    const { library: name, data, method, ipc, settings } = recipe;
    if (only && !only.split(",").includes(name)) continue;
    if ("upTo" in recipe && seed >= recipe.upTo) continue;
    const file = `${out}/${name}.json`;
    const library: Calibration | undefined = existsSync(file)
      ? calibration.parse(JSON.parse(readFileSync(file, "utf8")))
      : undefined;
    const options = Object.entries(settings).map(([key, value]) => ` --${key} ${value}`).join("");
    const made = `retort ${version} distill --data ${data} --method ${kebab(method)} --ipc ${ipc}${options} --seed ${seed}`;
    if (library?.sets.some((one) => one.made === made)) continue;
    const start = performance.now();
    const full = raw.get(data) ?? (await openRaw(data, "train"));
    raw.set(data, full);
    const set = await distil(full, method, { ipc, ...settings }, { seed, threads: 1 });
    const middle = performance.now();
    const level = name.endsWith("-quick") ? "quick" : "default";
    const { result } = await audit(set, { level }, { seed, threads: 1 });
    const entry = { made, method: `${method}, ${data}`, scores: scoresOf(result) };
    const next = calibration.parse({
      format: "retort-calibration/1",
      kind: calibrationKind(set),
      settings: calibrationSettings({ ...defaultAudit, level }),
      sets: [...(library?.sets ?? []), entry],
    });
    writeFileSync(`${file}.new`, `${JSON.stringify(next, undefined, 2)}\n`);
    renameSync(`${file}.new`, file);
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(0);
    const said = ["standsOut", "inversion", "pasted"].map((name) => `${name} ${entry.scores[name]}`).join(", ");
    console.log(`${made}: distilled in ${seconds(start, middle)} s, audited in ${seconds(middle, performance.now())} s, ${said}`);
  }
