import * as z from "zod";
import { picturesOf, withPictures } from "./pictures.ts";
import { placeOf } from "./place.ts";
import { defineRepair, sameRows } from "./Repair.ts";

const options = z.strictObject({
  margin: z.int().min(0).default(0).describe("pixels by which the place is widened on each side"),
});

/** Show the mean image of the set at the place, in every image: networks learn nothing there. */
export const blind = defineRepair({
  title: "The place is the same in every image",
  source: "Retort",
  needs: "place",
  options,
  async *run(set, findings, { margin }) {
    const [m, c, h, w] = set.shape;
    const before = picturesOf(set);
    const after = before.slice();
    for (const { patch } of findings) {
      if (!patch) continue;
      const { top, left, bottom, right } = placeOf(patch, set.shape, margin);
      for (let k = 0; k < c; k++)
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) {
            const at = (i: number) => ((i * c + k) * h + y) * w + x;
            let mean = 0;
            for (let i = 0; i < m; i++) mean += before[at(i)] / m;
            for (let i = 0; i < m; i++) after[at(i)] = mean;
          }
    }
    return sameRows(withPictures(set, before, after));
  },
});
