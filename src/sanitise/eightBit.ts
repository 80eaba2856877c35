import * as z from "zod";
import { picturesOf, withPictures } from "./pictures.ts";
import { defineRepair, sameRows } from "./Repair.ts";

/** Round every image to 8 bits. A baseline. */
export const eightBit = defineRepair({
  title: "Rounded to 8 bits",
  source: "a baseline",
  needs: "nothing",
  options: z.strictObject({}),
  async *run(set) {
    const before = picturesOf(set);
    const after = before.map((v) => Math.round(255 * Math.min(1, Math.max(0, v))) / 255);
    return sameRows(withPictures(set, before, after));
  },
});
