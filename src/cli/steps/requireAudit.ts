import { PolicyError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { AuditCall } from "../../library/audit.ts";
import type { AuditPolicy } from "../options/auditPolicies.ts";
import type { Console } from "../shell/console.ts";

/**
 * Audit a set before it is used.
 *
 * @throws PolicyError if it is backdoored or suspicious; by `nothing-found` also if it cannot be judged.
 */
export async function requireAudit(
  set: DistilledSet,
  path: string,
  policy: AuditPolicy,
  call: Pick<AuditCall, "seed" | "device" | "threads" | "signal" | "method" | "calibrations">,
  console: Console,
): Promise<void> {
  const { audit } = await import("../../library/audit.ts");
  const bar = console.progress("audit", 100);
  const { conclusion } = await audit(
    set,
    {},
    { ...call, onProgress: ({ phase, done, total }) => bar.update((100 * done) / total, phase) },
  ).finally(() => bar.end());
  const { verdict, sentences } = conclusion;
  const passes = verdict === "nothing found" || (policy === "no-suspicion" && verdict === "cannot be judged");
  if (!passes)
    throw new PolicyError(
      `--require-audit: invalid set ${path}: expected ${policy === "no-suspicion" ? "none that is suspicious" : "one in which nothing is found"}, got ${verdict}: ${sentences.join(" ")}`,
    );
  console.note(`audit: ${verdict}. ${sentences.join(" ")}`);
}
