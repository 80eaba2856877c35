import * as z from "zod";

const rate = z.number().min(0).max(1);
const count = z.int().min(0);

/** What an audit said of one set of a trial. */
export const auditRecord = z.strictObject({
  verdict: z.string(),
  /** Whether it is "backdoored" or "suspicious". */
  accused: z.boolean(),
  sentences: z.array(z.string()),
  /** The p that counts, and the clean sets that it is against; absent without enough of them. */
  p: rate.optional(),
  against: count.optional(),
  /** What the verdict names. */
  suspect: z
    .strictObject({
      targetClass: count,
      place: z.strictObject({ top: count, left: count, side: count }),
      held: rate,
      drop: z.number(),
      rise: z.number(),
    })
    .optional(),
  flagged: z.array(count),
  scores: z.record(z.string(), z.number()),
  /** Held against what was planted, of an attacked set; absent is what cannot be right or wrong. */
  truth: z
    .strictObject({
      classRight: z.boolean().optional(),
      placeRight: z.boolean().optional(),
      /** Of the flagged images those that carry the trigger, and of those the flagged ones. */
      precision: rate.optional(),
      recall: rate.optional(),
    })
    .optional(),
  seconds: z.number().min(0),
});

export type AuditRecord = z.infer<typeof auditRecord>;

/** The audits of a trial. */
export const trialAudits = z.strictObject({ clean: auditRecord, tampered: auditRecord.optional() });
