import * as z from "zod";

/** How much an audit must say for a set to be used: nothing against it, or also that it could be judged. */
export const auditPolicies = ["no-suspicion", "nothing-found"] as const;
export type AuditPolicy = (typeof auditPolicies)[number];

/** What an audit compares a set with, for every command that audits. */
export const auditAgainst = {
  calibration: z
    .array(z.string())
    .optional()
    .describe("libraries of clean sets to compare with, made by retort calibrate"),
  method: z
    .string()
    .optional()
    .describe("how the set was made, where you know it (dm, random, …): p against clean sets of that method alone"),
};
