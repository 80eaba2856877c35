/**
 * Natural backdoors: what the patch that an audit finds in a *clean* set does on real images. `npx tsx repro/audit/natural.ts OUT.json IPC FROM TO`.
 *
 * Every number is the seed of a set of CIFAR-10 (RETORT_DATA), random images and DM in turn, that nobody attacked. It is audited; the patch
 * of the class that stands out is stamped on 500 test images before three receivers of width 32. As a control the same patch is stamped
 * in the opposite corner of the picture.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Patch } from "../../src/audit/Patch.ts";
import { fromPixels } from "../../src/data/normalise.ts";
import type { Trigger } from "../../src/data/Trigger.ts";
import { audit, type DistilledSet, distil, evaluate } from "../../src/index.ts";
import { openRaw } from "../../src/node.ts";

const [out, images, from, to] = process.argv.slice(2);
const ipc = Number(images);
const makers = [
  { method: "randomReal", settings: {} },
  { method: "distributionMatching", settings: { preset: "quick" } },
] as const;
const rows: { seed: number; ipc: number }[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
const raw = await openRaw("cifar-10", "train");
const test = await openRaw("cifar-10", "test", 500);
for (let seed = Number(from); seed < Number(to); seed++) {
  if (rows.some((row) => row.seed === seed && row.ipc === ipc)) continue;
  const { method, settings } = makers[seed % makers.length];
  const call = { seed, threads: 1 };
  const set = await distil(raw, method, { ipc, ...settings }, call);
  const { conclusion, result } = await audit(set, {}, call);
  const found = result.findings.find(({ detector }) => detector === "standsOut");
  if (!found?.patch || found.targetClass === undefined) continue;
  const { patch, targetClass } = found;
  const asr = async (where: Patch) => {
    const attacked = { set, targetClass, trigger: triggerOf(where, set) };
    const { rates } = await evaluate(set, { attacked, test, width: 32, repeats: 3 }, call);
    return rates.map(({ tampered }) => [tampered?.asrWithoutTrigger?.mean, tampered?.asr?.mean]);
  };
  const [, , h, w] = set.shape;
  const away = { ...patch, top: h - patch.side - patch.top, left: w - patch.side - patch.left };
  const row = {
    ...{ seed, ipc, maker: method, verdict: conclusion.verdict, targetClass, standsOut: found.score },
    ...{ there: await asr(patch), away: await asr(away) },
  };
  rows.push(row);
  writeFileSync(out, `[\n${rows.map((one) => ` ${JSON.stringify(one)}`).join(",\n")}\n]\n`);
  console.log(JSON.stringify(row));
}

/** A patch as what is stamped on test images. */
function triggerOf({ top, left, side, values }: Patch, { shape, normalisation }: DistilledSet): Trigger {
  const [, c, h, w] = shape;
  const [mask, pixels] = [new Float32Array(h * w), new Float32Array(c * h * w)];
  for (let k = 0, at = 0; k < c; k++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++, at++) {
        mask[y * w + x] = 1;
        pixels[(k * h + y) * w + x] = values[at];
      }
  const pattern = fromPixels(pixels, [1, c, h, w], normalisation);
  return { description: "a patch that an audit found", channels: c, height: h, width: w, mask, pattern, inGamut: true };
}
