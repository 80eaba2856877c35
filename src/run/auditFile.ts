import { readJsonText } from "../disk/readText.ts";
import { parseAs } from "../report/parseAs.ts";
import { type AuditReport, auditReport } from "../sanitise/auditReport.ts";

/**
 * Read what `retort audit --json` printed.
 *
 * @throws UsageError if there is no such file; DataError if it is no audit.
 */
export async function readAudit(file: string, who: string): Promise<AuditReport> {
  return parseAs(auditReport, await readJsonText(file, who, "audit"), file);
}
