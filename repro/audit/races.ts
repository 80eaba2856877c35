/**
 * Rows of finished or stopped sweeps with audits: `npx tsx repro/audit/races.ts SWEEP… > OUT.json`, from folders that `retort run
 * repro/audit/arms-race.yaml --size one-image` (or grey) left. `pOfMethod` is the p of the attacked set that `--method` would take, from
 * the stored scores; absent where too few clean sets were made by its method.
 */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { decisive, madeBy, significance } from "../../src/audit/calibration.ts";
import { shippedFor } from "./shipped.ts";

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const rows = process.argv.slice(2).flatMap((folder) => {
  const axes = new Map(json(`${folder}/manifest.json`).trials.map((one: { id: string; axes: object }) => [one.id, one.axes]));
  return readdirSync(`${folder}/trials`).map((file) => {
    const { id, config, evaluations, audits } = json(`${folder}/trials/${file}`);
    const { set, "set.seed": seed, attack } = axes.get(id) as Record<string, unknown>;
    const asr = ["clean", "tampered"].map((of) => {
      const rates = evaluations.filter((one: { set: string }) => one.set === of).map((one: { asr: number }) => one.asr);
      return Number((rates.reduce((a: number, b: number) => a + b, 0) / rates.length).toFixed(4));
    });
    const { verdict, p, truth, accused, scores } = audits.tampered;
    const colour = config.set.distil === "cifar-10";
    const ipc = config.set.options.ipc === 1 ? "1" : "10-49";
    const fit = shippedFor({ colour, ipc });
    const own = decisive(significance(scores, madeBy(fit, config.set.method, "races")));
    return { set, seed, attack, asr, verdict, p, pOfMethod: own?.p, ...(accused && { truth }), clean: audits.clean.verdict, trial: id };
  });
});
rows.sort((a, b) => `${a.set} ${a.seed} ${a.attack}`.localeCompare(`${b.set} ${b.seed} ${b.attack}`, "en"));
process.stdout.write(`[\n${rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
