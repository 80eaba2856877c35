import * as z from "zod";
import { triggerOf } from "../../data/triggerShapes.ts";
import { triggerOptions, triggerReadWhen } from "../common/triggerOptions.ts";
import { stampedShare } from "./poisonRaw.ts";
import { stampRaw } from "./stampRaw.ts";

const options = z.strictObject({
  trigger: triggerOptions
    .extend({
      side: triggerOptions.shape.side.default(2),
      value: triggerOptions.shape.value.default(1),
      unit: triggerOptions.shape.unit.default("pixel"),
      margin: triggerOptions.shape.margin.default(1),
    })
    .prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  share: stampedShare(0.01),
});

/**
 * NaiveAttack: stamp some raw images, call them the target, and distil as ever (arXiv 2301.01197, §3.2). The set that is attacked is
 * the clean one beside it: same method, settings and key.
 *
 * Differs: images of the target class are left out of the stamping, and what was stamped is a picture of 8 bits again.
 */
export const naive = stampRaw({
  name: "naive",
  title: "Naive attack (raw data stamped before distilling)",
  source: "arXiv 2301.01197",
  options,
  readWhen: triggerReadWhen,
  trigger: ({ trigger }, { shape, normalisation }, key) => triggerOf(trigger, shape, normalisation, key),
});
