import { parseAs } from "../report/parseAs.ts";
import { type AuditReport, auditReport } from "../sanitise/auditReport.ts";
import { readSharedJson } from "./sharedJson.ts";

/** Kind of the record that `retort audit --json` prints. */
export const auditKind = "audit" as const;

/**
 * Read what `retort audit --json` printed.
 *
 * @throws UsageError if there is no such file; DataError if it is no audit, or damaged.
 */
export async function readAudit(file: string, who: string): Promise<AuditReport> {
  return parseAs(auditReport, await readSharedJson(file, who, "audit", auditKind), file);
}
