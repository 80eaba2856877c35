import { z } from "zod";
import { corners } from "../data/Trigger.ts";

/** Geometry and value of a square trigger; the defaults are the released program's. */
export const triggerOptions = z.strictObject({
  side: z.int().min(1).default(1).describe("pixels a side"),
  value: z.number().default(10).describe("value in every channel"),
  unit: z.enum(["normalised", "pixel"]).default("normalised").describe("pixel: 0 is black, 1 is white"),
  corner: z.enum(corners).default("bottom-right").describe("where it stands"),
  margin: z.int().min(0).default(0).describe("pixels from the border"),
  opacity: z.number().gt(0).max(1).default(1).describe("1 covers, less blends"),
});
