import * as z from "zod";
import { stampRaw } from "../stampRaw.ts";
import { veil, veilOptions, veilReadWhen, veilShare } from "./veil.ts";

const options = z.strictObject({
  trigger: veilOptions.prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  share: veilShare,
});

/**
 * The simple trigger of kernel distillation: white over the whole image, nearly transparent, or a white square, on a tenth of the raw
 * images (arXiv 2311.16646, §4.1).
 *
 * Differs: distilled by whatever method the set was, not by KIP alone; stamped images replace their originals, as in `naive`, where the published
 * program appends them; the target's own images are left out.
 */
export const simpleTrigger = stampRaw({
  name: "simpleTrigger",
  title: "Simple trigger of kernel distillation (raw data veiled before distilling)",
  source: "arXiv 2311.16646",
  options,
  readWhen: veilReadWhen,
  trigger: ({ trigger }, set) => veil(trigger, set),
});
