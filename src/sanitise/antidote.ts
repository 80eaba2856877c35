import * as z from "zod";
import { pasted } from "../audit/Patch.ts";
import { child, permutation } from "../core/random.ts";
import { classesOf } from "../train/targets.ts";
import { picturesOf, withPictures } from "./pictures.ts";
import { defineRepair } from "./Repair.ts";
import { setOfRows } from "./rows.ts";

const options = z.strictObject({
  share: z.number().gt(0).max(1).default(0.3).describe("stamped copies, as a share of the images of the other classes"),
  againShare: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe("the same for a trigger that was repaired before and works still"),
});

/**
 * Teach networks that the trigger means nothing: copies of some images of the other classes, with the found trigger, under their own
 * labels. The set grows.
 */
export const antidote = defineRepair({
  title: "Stamped copies of other classes under their own labels",
  source: "Retort, after unlearning with a reversed trigger: Neural Cleanse, IEEE S&P 2019",
  needs: "place",
  options,
  async *run(set, findings, { share, againShare }, { key }) {
    const labels = classesOf(set);
    const rows = [...labels.keys()];
    const stamps: { from: number; finding: number }[] = [];
    findings.forEach(({ patch, targetClass, again }, finding) => {
      if (!patch) return;
      const others = rows.filter((i) => labels[i] !== targetClass);
      const drawn = permutation(child(key, "antidote", finding), others.length);
      for (const i of drawn.subarray(0, Math.ceil((again ? againShare : share) * others.length)))
        stamps.push({ from: others[i], finding });
    });
    const grown = setOfRows(set, [...rows, ...stamps.map(({ from }) => from)]).set;
    const before = picturesOf(grown);
    const after = before.slice();
    const size = before.length / grown.shape[0];
    stamps.forEach(({ finding }, i) => {
      const at = (rows.length + i) * size;
      const { patch } = findings[finding];
      if (patch) after.set(pasted(before.subarray(at, at + size), set.shape, patch), at);
    });
    const origin = Int32Array.from([...rows, ...stamps.map(() => -1)]);
    return { set: withPictures(grown, before, after), origin };
  },
});
