/**
 * What it helps to know how a set was made: `npx tsx repro/audit/method.ts OUT.json FROM TO`.
 *
 * Every number is the seed of a DM set with one image a class (CIFAR-10 in RETORT_DATA, `--preset quick`) that no library holds, and of a
 * stamp on it (`clean-label --preset strong`, class and corner drawn by the number). Both are audited as `retort audit` does, with
 * `--method dm` and without; one receiver of width 32 says on 500 test images what the attack does.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { child, key, Stream } from "../../src/core/random.ts";
import { attack, audit, type DistilledSet, distil, evaluate } from "../../src/index.ts";
import { openRaw } from "../../src/node.ts";

const [out, from, to] = process.argv.slice(2);
const corners = ["top-left", "top-right", "bottom-left", "bottom-right"] as const;
const raw = await openRaw("cifar-10", "train");
const test = await openRaw("cifar-10", "test", 500);
const rows: Record<string, unknown>[] = [];
for (let seed = Number(from); seed < Number(to); seed++) {
  const call = { seed, threads: 1 };
  const judged = async (set: DistilledSet) => {
    const said = await Promise.all([undefined, "dm"].map((method) => audit(set, {}, { ...call, method })));
    return said.map(({ conclusion: { verdict, suspect } }) => [verdict, suspect?.targetClass]);
  };
  const drawn = new Stream(child(key("audit method"), seed));
  const targetClass = drawn.integer(10);
  const corner = corners[drawn.integer(4)];
  const trigger = { side: 5, colour: [1, 0, 1], unit: "pixel" as const, corner };
  const clean = await distil(raw, "distributionMatching", { ipc: 1, preset: "quick" }, call);
  const attacked = await attack(clean, "cleanLabel", { preset: "strong", targetClass, trigger }, call);
  const { rates } = await evaluate(clean, { attacked, test, width: 32, repeats: 1 }, call);
  const [{ clean: before, tampered: after }] = rates;
  const asr = [before?.asr?.mean, after?.asr?.mean];
  rows.push({ seed, targetClass, asr, clean: await judged(clean), tampered: await judged(attacked.set) });
  writeFileSync(out, `[\n${rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
  console.log(JSON.stringify(rows.at(-1)));
}
