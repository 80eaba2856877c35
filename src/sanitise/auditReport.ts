import * as z from "zod";
import { auditVerdicts } from "../audit/verdict.ts";
import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { classesOf } from "../train/targets.ts";
import type { AuditFindings } from "./findings.ts";

const rows = z.array(z.int().min(0)).max(1_000_000);

const suspect = z.object({
  targetClass: z.int().min(0),
  held: z.number(),
  patch: z.object({
    top: z.int().min(0),
    left: z.int().min(0),
    side: z.int().min(1),
    values: z.array(z.number()).max(10_000_000),
  }),
  support: z.object({ flagged: rows, before: z.number(), after: z.number(), drop: z.number() }),
  confirmation: z.object({ rise: z.number() }).optional(),
});

/** What `retort audit --json` prints, as far as a repair reads it. */
export const auditReport = z.object({
  /** SHA-256 of the set that was audited. */
  sha256: z.string().optional(),
  verdict: z.enum(auditVerdicts),
  suspects: z.array(suspect).max(10_000),
  /** The one that the verdict is about. */
  suspect: suspect.optional(),
  coherence: z
    .array(
      z.object({
        targetClass: z.int().min(0),
        window: z.int(),
        pairs: z.int(),
        second: z.int(),
        alarm: z.boolean(),
        images: rows,
      }),
    )
    .max(1_000)
    .default([]),
});

export type AuditReport = z.infer<typeof auditReport>;

/**
 * The findings of a report, held against the set that is to be repaired.
 *
 * @param digest of that set
 * @throws UsageError if the report is about another set, or names what this one does not have.
 */
export function findingsOfReport(report: AuditReport, set: DistilledSet, digest: string, who: string): AuditFindings {
  if (report.sha256 !== undefined && report.sha256 !== digest)
    throw new UsageError(`${who}: invalid audit: expected one of the set ${digest}, got one of ${report.sha256}`);
  const [m, c, h, w] = set.shape;
  const labels = classesOf(set);
  const refuse = (what: string, got: string) => {
    throw new UsageError(`${who}: invalid audit: expected ${what} of this set, got ${got}`);
  };
  for (const { targetClass, patch, support } of [...report.suspects, ...(report.suspect ? [report.suspect] : [])]) {
    if (targetClass >= set.classes) refuse(`classes 0 … ${set.classes - 1}`, `class ${targetClass}`);
    if (patch.top + patch.side > h || patch.left + patch.side > w)
      refuse(`places inside ${h}×${w} pixels`, `row ${patch.top}, column ${patch.left}, side ${patch.side}`);
    if (patch.values.length !== c * patch.side ** 2)
      refuse(`${c * patch.side ** 2} values of a patch`, String(patch.values.length));
    for (const image of support.flagged)
      if (labels[image] !== targetClass) refuse(`images of class ${targetClass}`, `image ${image}`);
  }
  for (const { targetClass, images } of report.coherence)
    for (const image of images)
      if (labels[image] !== targetClass) refuse(`images of class ${targetClass} among ${m}`, `image ${image}`);
  return {
    ...report,
    suspects: report.suspects.map(withValues),
    suspect: report.suspect && withValues(report.suspect),
  };
}

const withValues = (one: z.infer<typeof suspect>) => ({
  ...one,
  patch: { ...one.patch, values: Float32Array.from(one.patch.values) },
});
