import * as z from "zod";
import { picturesOf, withPictures } from "./pictures.ts";
import { defineRepair, sameRows } from "./Repair.ts";

/** Clip every image to what a picture can hold. A baseline: it takes nothing away that a picture can show. */
export const clip = defineRepair({
  title: "Clipped to what a picture can hold",
  source: "a baseline",
  needs: "nothing",
  options: z.strictObject({}),
  async *run(set) {
    const before = picturesOf(set);
    const after = before.map((v) => Math.min(1, Math.max(0, v)));
    return sameRows(withPictures(set, before, after));
  },
});
