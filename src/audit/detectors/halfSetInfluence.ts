import { child, permutation } from "../../core/random.ts";
import { studentTTwoSided } from "../../metrics/studentT.ts";
import { takeRows } from "../../train/train.ts";
import type { AuditedSet } from "../AuditedSet.ts";
import { Jury } from "../Jury.ts";
import { defineDetector } from "./Detector.ts";

/** Halves and their complements: twice as many networks. */
const PAIRS = 16;
/** Level of the test, over all images and suspects together. */
const LEVEL = 0.05;

/**
 * Half-set influence: networks are trained on a random half of each class, and on the other halves from the same initial weights. An
 * image teaches a candidate if the half that has it calls the candidate's class more often: paired t over the halves, by Bonferroni.
 */
export const halfSetInfluence = defineDetector({
  title: "Half-set influence: images whose presence teaches it",
  source: "Retort, docs/audit.md; after datamodels, arXiv 2202.00622",
  phase: "judge",
  level: "deep",
  decisive: false,
  leastImages: 2,
  async run({ audited, held, suspects, panel, key }) {
    const silent = { score: 0, alarm: false, threshold: LEVEL };
    if (suspects.length === 0) return { ...silent, note: "no candidate was followed" };
    const patches = suspects.map(({ patch }) => patch);
    /** Of each pair and suspect, the rate of the first half less that of the second. */
    const differences: number[][] = [];
    const sides: Int8Array[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const side = halved(audited, pair, child(key, "half", pair));
      const rates: number[][] = [];
      for (const one of [1, -1]) {
        const rows = Int32Array.from([...side.keys()].filter((i) => side[i] === one));
        const state = await panel.train(rowsOf(audited, rows), child(key, "network", pair));
        const jury = await Jury.seat(panel, [state], held.pixels, audited.shape);
        rates.push((await jury.judgeAll(patches)).map(({ rate }, s) => rate[suspects[s].targetClass]));
      }
      sides.push(side);
      differences.push(rates[0].map((v, s) => v - rates[1][s]));
    }
    const tests = audited.labels.length * suspects.length;
    let best = { score: 0, suspect: 0, images: [] as number[] };
    for (const s of suspects.keys()) {
      const t = [...audited.labels.keys()].map((i) =>
        pairedT(sides.map((side, pair) => side[i] * differences[pair][s])),
      );
      const score = Math.max(...t);
      const images = [...t.keys()].filter((i) => t[i] > 0 && studentTTwoSided(t[i], PAIRS - 1) * tests <= LEVEL);
      if (score > best.score) best = { score, suspect: s, images };
    }
    const { targetClass, patch } = suspects[best.suspect];
    return { ...silent, score: best.score, targetClass, patch, images: best.images, alarm: best.images.length > 0 };
  },
});

/** 1 for a random half of each class, −1 for the others; of a class of an odd size, the pairs take turns. */
function halved({ labels, classes }: AuditedSet, pair: number, key: Parameters<typeof child>[0]): Int8Array {
  const side = new Int8Array(labels.length).fill(-1);
  for (let t = 0; t < classes; t++) {
    const own = [...labels.keys()].filter((i) => labels[i] === t);
    const many = (pair + t) % 2 === 0 ? Math.floor(own.length / 2) : Math.ceil(own.length / 2);
    for (const i of permutation(child(key, "class", t), own.length).subarray(0, many)) side[own[i]] = 1;
  }
  return side;
}

/** Some images of a set, in its space. */
function rowsOf({ set, pixels, shape, labels, classes }: AuditedSet, rows: Int32Array): AuditedSet {
  const [m, c, h, w] = shape;
  const some: AuditedSet["shape"] = [rows.length, c, h, w];
  const taken =
    set.labels.kind === "hard"
      ? { ...set.labels, classes: rows.map((i) => labels[i]) as Int32Array<ArrayBuffer> }
      : { ...set.labels, values: takeRows(set.labels.values as Float32Array<ArrayBuffer>, m, rows) };
  return {
    set: { ...set, images: takeRows(set.images as Float32Array<ArrayBuffer>, m, rows), shape: some, labels: taken },
    pixels: takeRows(pixels, m, rows),
    ...{ shape: some, classes },
    labels: rows.map((i) => labels[i]) as Int32Array<ArrayBuffer>,
  };
}

/** Least deviation of a rate: where all pairs agree, t is large and not infinite. */
const LEAST_DEVIATION = 1e-3;

/** Student's t of a mean against nothing. */
function pairedT(values: readonly number[]): number {
  const n = values.length;
  const mean = values.reduce((s, v) => s + v / n, 0);
  const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / (n - 1);
  return mean / Math.sqrt(Math.max(variance, LEAST_DEVIATION ** 2) / n);
}
