import * as z from "zod";
import { picturesOf, withPictures } from "./pictures.ts";
import { defineRepair, sameRows } from "./Repair.ts";

const options = z.strictObject({
  passes: z.int().min(1).default(1).describe("how often the 3×3 binomial filter is applied"),
});

/** Blur every image by a 3×3 binomial filter, edges repeated. A baseline. */
export const blur = defineRepair({
  title: "Blurred",
  source: "a baseline",
  needs: "nothing",
  options,
  // biome-ignore lint/correctness/useYield: one step, nothing to report in between
  async *run(set, _findings, { passes }) {
    const [m, c, h, w] = set.shape;
    const before = picturesOf(set);
    let after = before;
    for (let pass = 0; pass < passes; pass++) {
      const from = after;
      after = from.slice();
      for (let plane = 0; plane < m * c; plane++)
        for (let y = 0; y < h; y++)
          for (let x = 0; x < w; x++) {
            let sum = 0;
            for (let dy = -1; dy <= 1; dy++)
              for (let dx = -1; dx <= 1; dx++) {
                const [r, q] = [Math.min(h - 1, Math.max(0, y + dy)), Math.min(w - 1, Math.max(0, x + dx))];
                sum += (2 - Math.abs(dy)) * (2 - Math.abs(dx)) * from[(plane * h + r) * w + q];
              }
            after[(plane * h + y) * w + x] = sum / 16;
          }
    }
    return sameRows(withPictures(set, before, after));
  },
});
