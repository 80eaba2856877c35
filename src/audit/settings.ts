import * as z from "zod";
import { distinct } from "../core/distinct.ts";

/** How much work an audit does: seconds, a minute, many minutes for 100 images. */
export const levels = ["quick", "default", "deep"] as const;
export type Level = (typeof levels)[number];

/** The settings of an audit. Defaults are what the prototype was measured with, but for three suspects that are followed instead of four. */
export const auditOptions = z.strictObject({
  level: z.enum(levels).default("default").describe("which detectors are asked: each level adds some"),
  detectors: distinct(z.array(z.string()).min(1))
    .optional()
    .describe("these detectors instead of those of the level (docs/audit.md)"),
  network: z.string().default("convNet").describe("architecture of the audit's networks"),
  width: z.int().min(1).default(16).describe("channels of the audit's networks"),
  epochs: z.int().min(1).default(100).describe("passes over the set of each of its networks"),
  side: z.int().min(2).max(16).default(5).describe("side of the patches that are looked for, in pixels"),
  grid: z.int().min(2).default(8).describe("places of a patch along each edge"),
  followed: z.int().min(1).default(3).describe("suspects that are followed to the end"),
});

export interface AuditSettings extends Readonly<Omit<z.infer<typeof auditOptions>, "detectors">> {
  /** Names of detectors of the registry; absent: those of the level. */
  readonly detectors?: readonly string[];
}

export const defaultAudit: AuditSettings = auditOptions.parse({});
