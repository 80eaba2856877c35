import { child, type Key } from "../../core/random.ts";
import { classRows, sampleRows } from "../../data/classRows.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisedRows } from "../../data/normalisedBatch.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import type { Learner } from "../../train/Learner.ts";
import { logitsOf } from "../../train/logits.ts";
import { argmaxRows } from "../../train/targets.ts";

// Chosen: an expert is right about most images, so that few are looked at in vain.
const looked = 64;

/**
 * Real images of each class that the first expert gets right, at random; where it gets too few right, the next one is asked about the
 * others, and what no expert gets right fills the rest (arXiv 2310.05773, §3.3).
 *
 * @param experts weights after the last epoch of each
 * @returns K·ipc·C·H·W numbers, class after class.
 */
export async function rightImages(
  learner: Learner,
  experts: readonly Tree<Floats>[],
  set: LabelledSet,
  normalisation: Normalisation,
  ipc: number,
  key: Key,
): Promise<Floats> {
  const { classes } = set;
  const rows = new Int32Array(classes * ipc);
  for (const [k, own] of classRows(set).entries()) {
    let left = [...sampleRows(own, own.length, child(key, "initial", k))];
    const chosen: number[] = [];
    for (const weights of experts) {
      const wrong: number[] = [];
      for (let from = 0; from < left.length && chosen.length < ipc; from += looked) {
        const part = left.slice(from, from + looked);
        const said = await logitsOf(learner, { weights, running: [] }, normalisedRows(set, part, normalisation));
        argmaxRows(said, classes).forEach((best, i) => {
          (best === k ? chosen : wrong).push(part[i]);
        });
      }
      left = wrong;
      if (chosen.length >= ipc) break;
    }
    rows.set([...chosen, ...left].slice(0, ipc), k * ipc);
  }
  return normalisedRows(set, rows, normalisation);
}

/**
 * Mean logits of the experts that get an image right; of all, where none does.
 *
 * @param images M·C·H·W numbers, class after class, equally many of each
 * @returns [M, K]
 */
export async function expertLogits(
  learner: Learner,
  experts: readonly Tree<Floats>[],
  images: Floats,
  classes: number,
): Promise<Floats> {
  const said: Floats[] = [];
  for (const weights of experts) said.push(await logitsOf(learner, { weights, running: [] }, images));
  const m = said[0].length / classes;
  const best = said.map((one) => argmaxRows(one, classes));
  const out = new Float32Array(m * classes);
  for (let i = 0; i < m; i++) {
    const k = Math.floor((i * classes) / m);
    const right = said.filter((_, e) => best[e][i] === k);
    const asked = right.length > 0 ? right : said;
    for (let j = i * classes; j < (i + 1) * classes; j++)
      out[j] = asked.reduce((sum, one) => sum + one[j], 0) / asked.length;
  }
  return out;
}
