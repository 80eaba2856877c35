/**
 * What `agreement` was chosen by: `npx tsx repro/audit/weight.ts OUT.json MAKER FROM TO [ATTACK,…]`, then `npx tsx repro/audit/weight.ts OUT.json`.
 *
 * Every number from 100 on is the seed of a set of CIFAR-10 with one image a class (RETORT_DATA), and of attacks on it whose trigger is
 * learnt, target and look drawn by the number. Each is audited, and one receiver of width 32 says on 1 500 training images what the attack
 * does. The second form prints, for weights of the margin beside the rates of the searches, how many sets stand out as p counts it against the
 * clean sets of random images: no more than one of these stands out as much. None of these sets judges anything.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type Calibration, significance } from "../../src/audit/calibration.ts";
import { beyondOthers } from "../../src/audit/detectors/callsOf.ts";
import { largestMargins } from "../../src/audit/largestMargins.ts";
import { child, key, Stream } from "../../src/core/random.ts";
import { attack, audit, type DistilledSet, defineDetector, distil, evaluate, register } from "../../src/index.ts";
import { openRaw } from "../../src/node.ts";
import { colours, corners } from "./looks.ts";

const makers = {
  random: { method: "randomReal", settings: {} },
  dm: { method: "distributionMatching", settings: { preset: "quick" } },
} as const;
const attacks = {
  ridge: { method: "ridgeHead", settings: {}, own: true },
  tm: { method: "trajectoryMatching", settings: {}, own: true },
  robust: { method: "poisonedDistillation", settings: { preset: "robust-one" }, own: false },
} as const;
const margins = [0, 0, 0, 1, 4, 9];
const EFFECTIVE = 0.3;

interface Row {
  readonly maker: keyof typeof makers;
  readonly seed: number;
  /** "clean" or the attack. */
  readonly name: string;
  readonly targetClass?: number;
  /** What the attack raises ASR by. */
  readonly rise?: number;
  readonly pasted: number;
  /** Best rate of each class, by search; largest margin of each class. */
  readonly rates: Readonly<Record<string, readonly number[]>>;
  readonly margins: readonly number[];
}

let found: number[] = [];
register({
  detectors: {
    margins: defineDetector({
      ...{ title: "Margins", source: "here", phase: "weigh", level: "deep", decisive: false },
      async run(context) {
        found = [...(await largestMargins({ ...context, key: child(child(key(0), "audit"), "agreement") }))];
        return { score: 0 };
      },
    }),
  },
});

const [file, maker, from, to, asked = "ridge,tm,robust"] = process.argv.slice(2);
const rows: Row[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
if (maker) await make(maker as keyof typeof makers);
else print();

async function make(maker: keyof typeof makers): Promise<void> {
  const raw = await openRaw("cifar-10", "train");
  const test = await openRaw("cifar-10", "train", 1500);
  const { method, settings } = makers[maker];
  for (let seed = Number(from); seed < Number(to); seed++) {
    const call = { seed, threads: 1 };
    const clean = await distil(raw, method, { ipc: 1, ...settings }, call);
    const isThere = (name: string) => rows.some((row) => row.maker === maker && row.seed === seed && row.name === name);
    if (!isThere("clean")) keep({ maker, seed, name: "clean", ...(await judged(clean)) });
    for (const name of asked.split(",").filter((one) => one !== "" && !isThere(one)) as (keyof typeof attacks)[]) {
      const drawn = new Stream(child(key("explore"), maker, seed, name));
      const targetClass = drawn.integer(10);
      const corner = corners[drawn.integer(corners.length)];
      const margin = margins[drawn.integer(margins.length)];
      const trigger = { side: 5, corner, margin, colour: colours[drawn.integer(colours.length)], unit: "pixel" };
      const { method: form, settings: chosen, own } = attacks[name];
      const options = { ...chosen, targetClass, ...(!own && { trigger }) };
      const attacked = await attack(clean, form as "cleanLabel", options as never, call);
      const { rates } = await evaluate(clean, { attacked, test, width: 32, repeats: 1 }, call);
      const [{ clean: before, tampered: after }] = rates;
      const rise = (after?.asr?.mean ?? 0) - (before?.asr?.mean ?? 0);
      if (rise >= EFFECTIVE) keep({ maker, seed, name, targetClass, rise: digits(rise), ...(await judged(attacked.set)) });
    }
  }
}

function keep(row: Row): void {
  rows.push(row);
  writeFileSync(file, `[\n${rows.map((one) => ` ${JSON.stringify(one)}`).join(",\n")}\n]\n`);
  console.log(JSON.stringify(row).slice(0, 200));
}

/** What the searches and the networks of an audit say, margins as `agreement` asks for them. */
async function judged(set: DistilledSet): Promise<Pick<Row, "pasted" | "rates" | "margins">> {
  const detectors = ["transplant", "inversion", "flatSquare", "pasted", "margins"];
  const { findings } = (await audit(set, { detectors }, { seed: 0, threads: 1 })).result;
  const rates = findings.flatMap(({ detector, ofClass }) => (ofClass ? [[detector, ofClass.map(digits)]] : []));
  const pasted = digits(findings.find(({ detector }) => detector === "pasted")?.score ?? 0);
  return { pasted, rates: Object.fromEntries(rates), margins: found.map(digits) };
}

function digits(v: number): number {
  return Number(v.toFixed(4));
}

function print(): void {
  const kinds = ["random", "dm"].flatMap((maker) => ["clean", ...Object.keys(attacks)].map((name) => [maker, name]));
  const of = (maker: string, name: string) => rows.filter((row) => row.maker === maker && row.name === name);
  console.log(`| counts for p | ${kinds.map(([maker, name]) => `${maker}, ${name}: ${of(maker, name).length}`).join(" | ")} |`);
  console.log(`| --- | ${kinds.map(() => "---:").join(" | ")} |`);
  const calls = ({ rates }: Row) => rates.transplant.map((_, t) => Object.values(rates).reduce((sum, one) => sum + one[t], 0));
  const agreed = (row: Row, weight: number) => {
    const [a, m] = [calls(row), row.margins].map(beyondOthers);
    return Math.max(...a.map((v, t) => v + weight * m[t]));
  };
  const before = (row: Row) => ({ standsOut: agreed(row, 0), inversion: Math.max(...row.rates.inversion), pasted: row.pasted });
  line("`standsOut`, `inversion`, `pasted`", before);
  for (const weight of [0, 0.5, 1, 1.5, 2])
    line(`calls + ${weight} × margin, \`pasted\``, (row) => ({ standsOut: agreed(row, weight), pasted: row.pasted }));

  function line(what: string, scores: (row: Row) => Record<string, number>): void {
    const clean = of("random", "clean");
    const unusual = kinds.map(([maker, name]) => {
      const some = of(maker, name).filter((row) => {
        const others = clean.filter((one) => one !== row);
        const library = { sets: others.map((one) => ({ made: "", method: "random", scores: scores(one) })) } as unknown as Calibration;
        const [{ n, p }] = significance(scores(row), [library]);
        return Math.round(p * (1 + n)) - 1 <= 1;
      });
      return some.length;
    });
    console.log(`| ${what} | ${unusual.join(" | ")} |`);
  }
}
