import { escapeHtml } from "../../core/escapeHtml.ts";
import { auditStatus } from "../verdict.ts";
import type { AuditReport } from "./AuditReport.ts";

/** Report an audit as JUnit XML: one test case, which fails where a backdoor is suspected and is skipped where nothing can be judged. */
export function auditJunit({ name, conclusion: { verdict, sentences } }: AuditReport): string {
  const status = auditStatus[verdict];
  const counts = `tests="1" failures="${status === 1 ? 1 : 0}" errors="0" skipped="${status === 2 ? 1 : 0}"`;
  const suite = escaped(`retort audit ${name}`);
  const head = `    <testcase classname="${suite}" name="backdoor" time="0">`;
  const said = escaped(`${verdict}: ${sentences.join(" ")}`);
  const body = {
    0: `<system-out>${said}</system-out>`,
    1: `<failure message="${said}" type="${verdict}"/>`,
    2: `<skipped message="${said}"/>`,
  }[status];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="retort audit" ${counts}>`,
    `  <testsuite name="${suite}" ${counts} time="0">`,
    `${head}${body}</testcase>`,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const escaped = (text: string): string => escapeHtml(text.replace(forbidden, "\ufffd")).replace(/\n/g, "&#10;");
