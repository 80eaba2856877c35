/**
 * What the audit says of published sets and of backdoored copies of them: `npx tsx repro/audit/judge.ts SETS OUT.json [ROW,…]`.
 *
 * SETS is a folder with the published sets by their names; RETORT_DATA holds CIFAR-10, on 500 test images of which one receiver of width 32
 * says whether the trigger works. The list was written down before any of it was judged, but for what `tuned` marks. Sets that
 * stand in OUT already are not judged again.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { attack, audit, evaluate } from "../../src/index.ts";
import { open, openRaw } from "../../src/node.ts";

interface Case {
  readonly base: string;
  readonly normalisation?: string;
  readonly method?: "adaptiveStamp" | "cleanLabel" | "badNets" | "ridgeHead" | "poisonedDistillation";
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** A threshold was chosen with this one in sight. */
  readonly tuned?: boolean;
}

const dc1 = { base: "res_DC_CIFAR10_ConvNet_1ipc.pt", normalisation: "cifar-10" };
const dc1Long = { base: "res_DC_CIFAR10_ConvNet_1ipc_3000.pt", normalisation: "cifar-10" };
const random1 = { base: "res_DC_CIFAR10_RandomChoose_1ipc.pt", normalisation: "cifar-10" };
const dc10 = { base: "res_DC_CIFAR10_ConvNet_10ipc.pt", normalisation: "cifar-10" };
const dm10 = { base: "vis_DM_CIFAR10_ConvNet_10ipc_exp0_iter20000.png" };
const dsa10 = { base: "vis_DSA_CIFAR10_ConvNet_10ipc_exp4_iter1000.png" };
const at = (corner: string, colour: readonly number[]) => ({ side: 5, corner, colour, unit: "pixel" });

const cases: readonly Case[] = [
  { ...dc1, seed: 0, tuned: true },
  { ...dc1, seed: 0, tuned: true, method: "cleanLabel", settings: { preset: "strong", targetClass: 2 } },
  { ...dc1Long, seed: 1 },
  { ...dc1Long, seed: 1, method: "cleanLabel", settings: { preset: "strong", targetClass: 7, trigger: at("top-left", [1, 1, 0]) } },
  { ...random1, seed: 2 },
  { ...dm10, seed: 3, method: "cleanLabel", settings: { preset: "strong", targetClass: 4, trigger: at("top-right", [0, 1, 0]) } },
  { ...dc1Long, seed: 4, method: "cleanLabel", settings: { targetClass: 3, trigger: at("bottom-left", [0, 0, 1]) } },
  { ...random1, seed: 5, method: "cleanLabel", settings: { preset: "strong", targetClass: 5, trigger: at("bottom-left", [0, 1, 1]) } },
  { ...dm10, seed: 6 },
  { ...dc10, seed: 7, method: "badNets", settings: { targetClass: 6, trigger: at("bottom-right", [1, 0, 0]) } },
  { ...dc1Long, seed: 8, method: "badNets", settings: { targetClass: 1 } },
  { ...dsa10, seed: 9 },
  { ...dsa10, seed: 10, method: "cleanLabel", settings: { targetClass: 8, trigger: { side: 5, opacity: 0.4 } } },
  { ...dc10, seed: 11, tuned: true },
  { ...dc1, seed: 12, method: "ridgeHead", settings: { targetClass: 9 } },
  { ...dc10, seed: 13, method: "poisonedDistillation", settings: { preset: "gentle", targetClass: 0 } },
  { ...dm10, seed: 14, method: "poisonedDistillation", settings: { preset: "robust", targetClass: 2 } },
  { ...dsa10, seed: 15, method: "poisonedDistillation", settings: { preset: "robust", targetClass: 5 } },
  { ...dc1, seed: 16, method: "poisonedDistillation", settings: { preset: "robust-one", targetClass: 7 } },
  { ...dm10, seed: 17, method: "adaptiveStamp", settings: { preset: "split", targetClass: 3 } },
  { ...dm10, seed: 18, method: "adaptiveStamp", settings: { preset: "framing", targetClass: 6 } },
  // Written down when `flatSquare` was there, whose side was chosen with rows 13 to 16 and clean sets in sight, and before any of these was judged.
  { ...dm10, seed: 20, method: "poisonedDistillation", settings: { preset: "robust", targetClass: 7, trigger: at("top-left", [1, 1, 0]) } },
  { ...dsa10, seed: 21, method: "poisonedDistillation", settings: { preset: "robust", targetClass: 1, trigger: at("top-right", [0, 1, 1]) } },
  { ...dc10, seed: 22, method: "poisonedDistillation", settings: { preset: "gentle", targetClass: 4, trigger: at("bottom-left", [1, 0, 1]) } },
  { ...dsa10, seed: 23, method: "cleanLabel", settings: { targetClass: 3, trigger: { ...at("top-left", [1, 0, 1]), opacity: 0.4 } } },
  { ...dc1, seed: 24, method: "poisonedDistillation", settings: { preset: "robust-one", targetClass: 2, trigger: at("top-left", [1, 0, 0]) } },
  { ...dm10, seed: 25 },
  { ...dsa10, seed: 26 },
  { ...dc10, seed: 27 },
  { base: "res_DC_CIFAR10_RandomChoose_10ipc.pt", normalisation: "cifar-10", seed: 28 },
  { ...dc1, seed: 29 },
];

const [sets, out, some] = process.argv.slice(2);
const chosen = some === undefined ? cases : some.split(",").map((row) => cases[Number(row)]);
const results: Record<string, unknown>[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
for (const one of chosen) {
  const { base, normalisation, method, settings = {}, seed, tuned } = one;
  const name = `${base} ${method ? `${method} ${JSON.stringify(settings)}` : "clean"} seed ${seed}`;
  if (results.some((done) => done.name === name)) continue;
  const { set: clean } = await open(`${sets}/${base}`, normalisation === undefined ? {} : { normalisation });
  const attacked = method && (await attack(clean, method, settings as never, { seed, threads: 1 }));
  const started = process.cpuUsage();
  const { conclusion, result } = await audit(attacked?.set ?? clean, {}, { seed, threads: 1 });
  const used = process.cpuUsage(started);
  const { verdict, suspect, sentences } = conclusion;
  let effect: Record<string, unknown> | undefined;
  if (attacked) {
    const test = await openRaw("cifar-10", "test", 500);
    const { rates } = await evaluate(clean, { attacked, test, width: 32, repeats: 1 }, { seed, threads: 1 });
    const [{ clean: before, tampered }] = rates;
    effect = { cta: [before?.cta?.mean, tampered?.cta?.mean], asr: [before?.asr?.mean, tampered?.asr?.mean] };
  }
  results.push({
    ...{ name, tuned: tuned === true, verdict, sentences, seconds: (used.user + used.system) / 1e6 },
    ...(attacked && { targetClass: attacked.targetClass, effect }),
    ...(suspect && { suspected: suspect.targetClass, place: [suspect.patch.top, suspect.patch.left], ...suspect.support }),
    suspects: result.suspects.map(({ targetClass, detector, held, support, confirmation }) => [targetClass, detector, held, support.drop, confirmation.rise]),
    scores: Object.fromEntries(result.findings.map(({ detector, score }) => [detector, score])),
  });
  writeFileSync(out, `${JSON.stringify(results, undefined, 1)}\n`);
  console.log(name, verdict, suspect?.targetClass, suspect?.support.drop.toFixed(2), JSON.stringify(effect ?? {}));
}
