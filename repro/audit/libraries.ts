/**
 * Libraries of clean sets: `npx tsx repro/audit/libraries.ts OUT [ROUNDS [KIND,…]]`. Each round distils one set of every recipe from the raw data
 * (RETORT_DATA) with its number as the seed, audits it at the default level (KIND-quick: at the quick one) and writes OUT/KIND.json, which
 * says how each was made. What stands there already is not made again. Only numbers are kept.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type Calibration, calibration, calibrationKind } from "../../src/audit/calibration.ts";
import { defaultAudit } from "../../src/audit/settings.ts";
import { kebab } from "../../src/core/spelling.ts";
import { version } from "../../src/core/version.ts";
import { distil } from "../../src/index.ts";
import { calibrationSettings, cleanScores } from "../../src/library/audit.ts";
import { openRaw } from "../../src/node.ts";

type Method = Extract<Parameters<typeof distil>[1], string>;

interface Recipe {
  /** KIND of the file. */
  readonly library: string;
  readonly data: string;
  readonly method: Method;
  readonly ipc: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Sets of it; absent: one a round. */
  readonly upTo?: number;
}

const random = { method: "randomReal" as Method, settings: {} };
const quick = (method: Method) => ({ method, settings: { preset: "quick" } });
const dm = quick("distributionMatching");
const colour = { data: "cifar-10" };
const greys = [{ data: "mnist" }, { data: "fashion-mnist" }];
/** So many of each, image counts first, then data, then methods. */
const each = (library: string, upTo: number | undefined, ipcs: number[], datas: { data: string }[], methods: Omit<Recipe, "library" | "data" | "ipc">[]) =>
  methods.flatMap((method) => ipcs.flatMap((ipc) => datas.map((data): Recipe => ({ library, ...data, ipc, upTo, ...method }))));

const recipes: readonly Recipe[] = [
  ...each("colour-1", undefined, [1], [colour], [random, dm]),
  ...each("colour-1", 10, [1], [colour], [quick("datasetCondensation")]),
  ...each("colour-2-9", 5, [2, 5], [colour], [random, dm]),
  ...each("grey-1", 10, [1], greys, [random, dm]),
  ...each("colour-10", 24, [10], [colour], [random]),
  ...each("colour-10", undefined, [10], [colour], [dm]),
  ...each("colour-50", 20, [50], [colour], [random, dm]),
  ...each("grey-10", 5, [10], greys, [random, dm]),
  ...each("grey-2-9", 3, [2, 5], greys, [random, dm]),
  ...each("colour-1-soft", 10, [1], [colour], [quick("neuralFeatureRegression"), quick("alignedTrajectories")]),
  ...each("colour-1-quick", 20, [1], [colour], [random, dm]),
  ...each("grey-1-quick", 5, [1], greys, [random, dm]),
];

const [out, rounds = "40", only] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const raw = new Map<string, Awaited<ReturnType<typeof openRaw>>>();
for (let seed = 0; seed < Number(rounds); seed++)
  for (const recipe of recipes) {
    const { library: name, data, method, ipc, settings } = recipe;
    if (only && !only.split(",").includes(name)) continue;
    if (seed >= (recipe.upTo ?? Number.POSITIVE_INFINITY)) continue;
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
    const scores = await cleanScores(set, { level }, { seed, threads: 1 });
    const entry = { made, method: `${method}, ${data}`, scores };
    const next = calibration.parse({
      format: "retort-calibration/1",
      kind: calibrationKind(set),
      settings: calibrationSettings({ ...defaultAudit, level }),
      sets: [...(library?.sets ?? []), entry],
    });
    writeFileSync(`${file}.new`, `${JSON.stringify(next, undefined, 2)}\n`);
    renameSync(`${file}.new`, file);
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(0);
    const said = ["standsOut", "inversion", "pasted", "agreement"].filter((name) => entry.scores[name] !== undefined).map((name) => `${name} ${entry.scores[name]}`).join(", ");
    console.log(`${made}: distilled in ${seconds(start, middle)} s, audited in ${seconds(middle, performance.now())} s, ${said}`);
  }
