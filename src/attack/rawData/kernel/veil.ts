import * as z from "zod";
import type { DistilledSet } from "../../../data/DistilledSet.ts";
import { squareTrigger, type Trigger } from "../../../data/Trigger.ts";
import { triggerOptions } from "../../common/triggerOptions.ts";
import { stampedShare } from "../poisonRaw.ts";

/** Where the triggers of arXiv 2311.16646 lie: over the whole image, nearly transparent, or in a square. */
export const veilOptions = z.strictObject({
  side: z.int().min(1).nullable().default(null).describe("pixels a side of a square; none = the whole image"),
  corner: triggerOptions.shape.corner,
  margin: triggerOptions.shape.margin.describe("pixels of a square from the border"),
  opacity: triggerOptions.shape.opacity.default(0.3),
});

export const veilShare = stampedShare(0.1);

/** A white square, or white over the whole image. */
export function veil({ side, ...place }: z.infer<typeof veilOptions>, { shape, normalisation }: DistilledSet): Trigger {
  const white = { ...place, value: 1, unit: "pixel" } as const;
  if (side !== null) return squareTrigger({ ...white, side }, shape, normalisation);
  // A band as high as the image.
  const whole = squareTrigger({ ...white, side: shape[2], margin: 0, row: true }, shape, normalisation);
  return { ...whole, description: `white over the whole image at ${100 * place.opacity} %` };
}

/** Options of the square that a trigger over the whole image does not read. */
export const veilReadWhen = ["corner", "margin"].map((name) => ({
  option: `trigger.${name}`,
  read: ({ trigger }: { trigger: Pick<z.infer<typeof veilOptions>, "side"> }) => trigger.side !== null,
  by: "a trigger.side",
}));
