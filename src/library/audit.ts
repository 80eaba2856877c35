import { type AuditProgress, type AuditResult, auditSet } from "../audit/auditSet.ts";
import { type Calibration, fitting, kindOf, significance, statistic } from "../audit/calibration.ts";
import { calibrations } from "../audit/calibrations.ts";
import { type AuditSettings, defaultAudit } from "../audit/settings.ts";
import { type AuditConclusion, concludeAudit } from "../audit/verdict.ts";
import { drive } from "../core/drive.ts";
import { child } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { around, type Call } from "./call.ts";

export interface AuditCall extends Call<AuditProgress> {
  /** Libraries of clean sets besides those that come with Retort. */
  readonly calibrations?: readonly Calibration[];
}

/**
 * Ask whether a set was backdoored, with no clean copy of it and no raw data.
 *
 * @param settings what differs from the defaults, which the libraries of clean sets were made with
 * @returns the verdict in plain sentences, the suspects with their patches and images, and every score.
 * @throws UsageError where the set does not lead to pixels; the signal's reason once it is aborted.
 * @example
 * const { conclusion, result } = await audit(set);
 * console.log(conclusion.verdict, ...conclusion.sentences);
 */
export async function audit(
  set: DistilledSet,
  settings: Partial<AuditSettings> = {},
  call: AuditCall = {},
): Promise<{ readonly conclusion: AuditConclusion; readonly result: AuditResult }> {
  const { root, target } = around(call);
  const chosen = { ...defaultAudit, ...settings };
  const result = await drive(auditSet(set, chosen, { key: child(root, "audit"), device: target }), call);
  const [images, channels] = set.shape;
  const kind = kindOf(images, set.classes, channels, set.labels.kind);
  const libraries = fitting([...calibrations, ...(call.calibrations ?? [])], kind, { ...chosen });
  const nameOf = (label: number) => (set.classNames ? `“${set.classNames[label]}”` : `class ${label}`);
  return { conclusion: concludeAudit(result, significance(statistic(result), libraries), nameOf), result };
}
