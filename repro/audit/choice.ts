/**
 * What `standsOut` was chosen by: `npx tsx repro/audit/choice.ts OUT.json IPC FROM TO`, then `npx tsx repro/audit/choice.ts OUT.json`.
 *
 * Every number from 5000 on is the seed of a set of CIFAR-10 (RETORT_DATA) and of an attack on it, drawn by the number. Both are audited, and
 * one receiver of width 32 says on 500 test images what the attack does. The second form prints how well statistics of the rates of each
 * class tell effective attacks that leave no pasted square from clean sets, and how often the largest is the target. None of these sets
 * judges anything.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { child, key, Stream } from "../../src/core/random.ts";
import { attack, audit, type DistilledSet, distil, evaluate } from "../../src/index.ts";
import { openRaw } from "../../src/node.ts";
import { colours, corners } from "./looks.ts";

const makers = [
  { method: "randomReal", settings: {} },
  { method: "distributionMatching", settings: { preset: "quick" } },
] as const;
const strong = { method: "cleanLabel", settings: { preset: "strong" } };
const forms: Record<string, readonly { name: string; method: string; settings: object; look?: object; own?: true }[]> = {
  1: [
    { ...strong, name: "stamp" },
    { ...strong, name: "stamp 8×8", look: { side: 8 } },
    { name: "BadNets", method: "badNets", settings: {} },
    { name: "robust-one", method: "poisonedDistillation", settings: { preset: "robust-one" } },
    { name: "ridge-head", method: "ridgeHead", settings: {}, own: true },
  ],
  10: [
    { ...strong, name: "stamp" },
    { name: "robust", method: "poisonedDistillation", settings: { preset: "robust" } },
    { name: "BadNets", method: "badNets", settings: {} },
    { ...strong, name: "stamp at opacity 0.4", look: { opacity: 0.4 } },
    { name: "robust", method: "poisonedDistillation", settings: { preset: "robust" } },
    { name: "split stamp", method: "adaptiveStamp", settings: { preset: "split" } },
    { name: "stamp, strength 1", method: "cleanLabel", settings: {} },
  ],
};

interface Row {
  readonly seed: number;
  readonly ipc: number;
  readonly maker: string;
  /** "clean" or the attack. */
  readonly name: string;
  readonly targetClass?: number;
  readonly asr?: readonly [before: number, after: number];
  /** The largest support drop. */
  readonly drop: number;
  /** Best rate of each class, by search. */
  readonly rates: Readonly<Record<string, readonly number[]>>;
}

const [file, images, from, to] = process.argv.slice(2);
const rows: Row[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
if (images) await make(Number(images));
else print();

async function make(ipc: number): Promise<void> {
  const raw = await openRaw("cifar-10", "train");
  const test = await openRaw("cifar-10", "test", 500);
  for (let seed = Number(from); seed < Number(to); seed++) {
    if (rows.some((row) => row.seed === seed && row.ipc === ipc)) continue;
    const drawn = new Stream(child(key("explore"), seed));
    const { method: maker, settings: making } = makers[seed % 2];
    const { name, method, settings, look, own } = forms[ipc][Math.floor(seed / 2) % forms[ipc].length];
    const targetClass = drawn.integer(10);
    const [corner, colour] = [corners[drawn.integer(4)], colours[drawn.integer(7)]];
    const trigger = { side: 5, corner, colour, unit: "pixel", ...look };
    const call = { seed, threads: 1 };
    const clean = await distil(raw, maker, { ipc, ...making }, call);
    const attacked = await attack(clean, method as "cleanLabel", { ...settings, targetClass, ...(!own && { trigger }) } as never, call);
    const { rates } = await evaluate(clean, { attacked, test, width: 32, repeats: 1 }, call);
    const [{ clean: before, tampered: after }] = rates;
    const asr = [before?.asr?.mean ?? 0, after?.asr?.mean ?? 0] as const;
    rows.push({ seed, ipc, maker, name: "clean", ...(await judged(clean, seed)) });
    rows.push({ seed, ipc, maker, name, targetClass, asr, ...(await judged(attacked.set, seed)) });
    writeFileSync(file, `[\n${rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
  }
}

async function judged(set: DistilledSet, seed: number): Promise<Pick<Row, "rates" | "drop">> {
  const { findings } = (await audit(set, {}, { seed, threads: 1 })).result;
  const round = (v: number) => Number(v.toFixed(4));
  const rates = findings.flatMap(({ detector, ofClass }) => (ofClass ? [[detector, ofClass.map(round)]] : []));
  return {
    drop: round(findings.find(({ detector }) => detector === "supportDrop")?.score ?? 0),
    rates: Object.fromEntries(rates),
  };
}

function print(): void {
  const statistics: Record<string, (all: readonly number[]) => number> = {
    largest: (all) => Math.max(...all),
    "less the second": (all) => sorted(all)[0] - sorted(all)[1],
    "less the median of the others": (all) => sorted(all)[0] - sorted(all).slice(1)[Math.floor((all.length - 1) / 2)],
  };
  const sums = [["transplant"], ["inversion"], ["flatSquare"], ["transplant", "inversion"], ["transplant", "inversion", "flatSquare"]];
  console.log("| images a class | rates of | statistic | AUC | target named | clean sets, attacked sets |");
  console.log("| ---: | --- | --- | ---: | ---: | --- |");
  for (const ipc of [...new Set(rows.map((row) => row.ipc))]) {
    const clean = rows.filter((row) => row.ipc === ipc && row.name === "clean");
    const attacked = rows.filter(
      ({ ipc: own, name, asr }) => own === ipc && asr && asr[1] - asr[0] >= 0.3 && !/stamp|BadNets/.test(name),
    );
    const row = (what: string, value: (row: Row) => number, right: string) => {
      const pairs = attacked.flatMap((a) => clean.map((b) => (value(a) > value(b) ? 1 : value(a) === value(b) ? 0.5 : 0)));
      const auc = pairs.reduce((a: number, b) => a + b, 0) / pairs.length;
      console.log(`| ${[ipc, what, auc.toFixed(2), right, `${clean.length}, ${attacked.length}`].join(" | ")} |`);
    };
    row("support drop | largest", ({ drop }) => drop, "");
    for (const names of sums)
      for (const [name, statistic] of Object.entries(statistics)) {
        const sum = ({ rates }: Row) => rates.transplant.map((_, t) => names.reduce((all, one) => all + rates[one][t], 0));
        const right = attacked.filter((row) => sum(row).indexOf(Math.max(...sum(row))) === row.targetClass).length;
        row(`${names.join(" + ")} | ${name}`, (one) => statistic(sum(one)), `${right} of ${attacked.length}`);
      }
  }
}

function sorted(all: readonly number[]): number[] {
  return [...all].sort((a, b) => b - a);
}
