/**
 * How the demo's attack was chosen: `npx tsx repro/audit/demoChoice.ts COLOUR ALPHA SEED…`, a line a seed.
 *
 * A set of the demo's kind is backdoored by `robust-one` (magenta, blue; its α is 0.6) and audited at the default level. Two receivers of
 * width 16 are measured on 500 training drawings that the set was not made of: the demo's own test drawings choose nothing.
 */
import process from "node:process";
import { attack, audit, distil, evaluate, type LabelledSet, strokes } from "../../src/index.ts";

const [colour, alpha, ...seeds] = process.argv.slice(2);
const colours: Record<string, number[]> = { magenta: [1, 0, 1], blue: [0, 0, 1] };
const all = strokes("train", 2_500);
const [, ...image] = all.shape;
const size = image.reduce((a, b) => a * b, 1);
const part = (from: number, to: number): LabelledSet => ({
  ...all,
  shape: [to - from, ...image] as unknown as LabelledSet["shape"],
  pixels: all.pixels.slice(from * size, to * size),
  labels: all.labels.slice(from, to),
});
const [raw, test] = [part(0, 2_000), part(2_000, 2_500)];
for (const seed of seeds.map(Number)) {
  const call = { seed, threads: 1 };
  const settings = { ipc: 1, iterations: 100, batchReal: 48, width: 16 };
  const set = await distil(raw, "distributionMatching", settings, { ...call, normalisation: "strokes" });
  const trigger = { side: 5, colour: colours[colour], unit: "pixel" as const };
  const attacked = await attack(set, "poisonedDistillation", { preset: "robust-one", alpha: Number(alpha), trigger }, call);
  const { rates } = await evaluate(set, { attacked, test, width: 16, repeats: 2 }, call);
  const [{ clean, tampered }] = rates;
  const { conclusion } = await audit(attacked.set, {}, call);
  const percent = (rate?: { readonly mean: number }) => (100 * (rate?.mean ?? 0)).toFixed(1);
  const said = `${conclusion.verdict}, class ${conclusion.suspect?.targetClass}`;
  console.log(`${seed}: ${percent(clean?.cta)} / ${percent(clean?.asr)} → ${percent(tampered?.cta)} / ${percent(tampered?.asr)}, ${said}`);
}
