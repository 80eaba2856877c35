import { sha256Hex } from "../../core/hash.ts";
import { auditStatus } from "../verdict.ts";
import type { AuditReport } from "./AuditReport.ts";

const help = (text: string) => ({ text, markdown: text });

const rules = [
  {
    id: "audit-backdoored",
    name: "AuditBackdoored",
    shortDescription: { text: "The set was backdoored" },
    help: {
      text: "Do not train on the set. Get it again from its publisher, sealed, or repair it with retort sanitise.",
    },
    defaultConfiguration: { level: "error" },
    properties: { tags: ["security", "supply-chain"], precision: "high", "security-severity": "8.0" },
  },
  {
    id: "audit-suspicious",
    name: "AuditSuspicious",
    shortDescription: { text: "The set may have been backdoored" },
    fullDescription: {
      text: "Something in the set is unusual, but not confirmed, or there is nothing to compare with.",
    },
    help: help("Look at the named class and images, and ask the publisher for a seal."),
    defaultConfiguration: { level: "warning" },
    properties: { tags: ["security", "supply-chain"], precision: "medium", "security-severity": "5.0" },
  },
] as const;

/**
 * Report an audit as SARIF 2.1.0: one result where a backdoor is suspected, none elsewhere; what cannot be judged is a notification.
 *
 * @param path of the set relative to the root of its repository, "/"-separated
 */
export function auditSarif({ conclusion: { verdict, sentences }, version }: AuditReport, path: string): string {
  const status = auditStatus[verdict];
  const uri = path.split("/").map(encodeURIComponent).join("/");
  const text = sentences.join(" ");
  const ruleIndex = verdict === "backdoored" ? 0 : 1;
  const { id, defaultConfiguration } = rules[ruleIndex];
  const fingerprint = sha256Hex(new TextEncoder().encode(`${id}\0${uri}`));
  const result = {
    ruleId: id,
    ruleIndex,
    level: defaultConfiguration.level,
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
          // The whole file is meant; hosts place a result at a line.
          region: { startLine: 1, startColumn: 1 },
        },
      },
    ],
    partialFingerprints: { "retortAudit/v1": fingerprint, primaryLocationLineHash: `${fingerprint.slice(0, 16)}:1` },
  };
  const run = {
    tool: { driver: { name: "retort audit", version, semanticVersion: version, rules } },
    automationDetails: { id: `retort-audit/${uri}/` },
    originalUriBaseIds: { "%SRCROOT%": { description: { text: "The root of the repository." } } },
    results: status === 1 ? [result] : [],
    invocations: [
      {
        executionSuccessful: true,
        exitCode: status,
        toolExecutionNotifications:
          status === 2 ? [{ level: "warning", message: { text: `${verdict}: ${text}` } }] : [],
      },
    ],
    columnKind: "utf16CodeUnits",
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}
