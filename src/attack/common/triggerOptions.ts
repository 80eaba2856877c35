import * as z from "zod";
import type { ReadWhen } from "../../core/readWhen.ts";
import { corners } from "../../data/Trigger.ts";
import { triggerKinds } from "../../data/triggerShapes.ts";

/** Geometry and value of a trigger; the defaults are the released program's pixel. */
export const triggerOptions = z.strictObject({
  kind: z
    .enum(triggerKinds)
    .default("square")
    .describe("a patch, flat or a checker, a band, a random line, or a pattern all over the image"),
  side: z.int().min(1).default(1).describe("pixels a side of a patch, width of a row or stroke"),
  value: z.number().default(10).describe("its value where it has one, in every channel"),
  colour: z
    .array(z.number())
    .length(3)
    .nullable()
    .default(null)
    .describe("red,green,blue instead of value; grey images take the largest"),
  unit: z.enum(["normalised", "pixel"]).default("normalised").describe("of the value; pixel: 0 is black, 1 is white"),
  corner: z.enum(corners).default("bottom-right").describe("where a patch stands; a row at the top or bottom"),
  margin: z.int().min(0).default(0).describe("pixels from the border"),
  opacity: z.number().gt(0).max(1).default(1).describe("1 covers, less blends"),
  frequency: z.number().positive().default(6).describe("periods across the image, of sinusoid and low-frequency"),
});

/**
 * The same with a magenta square of 5×5 by default. Chosen: a saturated colour. Photographs hardly have any, networks learn it from a few
 * images (docs/results/worst-case.md).
 */
export const magentaOptions = triggerOptions.extend({
  side: triggerOptions.shape.side.default(5),
  value: triggerOptions.shape.value.default(1),
  colour: triggerOptions.shape.colour.default([1, 0, 1]),
  unit: triggerOptions.shape.unit.default("pixel"),
});

type TriggerChoice = Pick<z.infer<typeof triggerOptions>, "kind" | "colour">;

/** Kinds that have a place, and those that show one colour. */
const placed = ["square", "row", "checker"];
const coloured = [...placed, "stroke"];

const isColoured = ({ trigger: { kind } }: { trigger: TriggerChoice }) => coloured.includes(kind);

/** Which triggers read which of their options, of an attack whose options hold one as `trigger`. */
export const triggerReadWhen: readonly ReadWhen<{ trigger: TriggerChoice }>[] = [
  ...["corner", "margin"].map((name) => ({
    option: `trigger.${name}`,
    read: ({ trigger: { kind } }: { trigger: TriggerChoice }) => placed.includes(kind),
    by: "a square, row or checker trigger",
  })),
  ...["side", "colour", "unit"].map((name) => ({
    option: `trigger.${name}`,
    read: isColoured,
    by: "a square, row, checker or stroke trigger",
  })),
  {
    option: "trigger.value",
    read: (all) => isColoured(all) && all.trigger.colour === null,
    by: "a square, row, checker or stroke trigger that has no colour",
  },
  {
    option: "trigger.frequency",
    read: ({ trigger: { kind } }) => kind === "sinusoid" || kind === "low-frequency",
    by: "a sinusoid or low-frequency trigger",
  },
];
