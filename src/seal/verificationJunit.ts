import { escapeHtml } from "../core/escapeHtml.ts";
import type { CheckResult } from "./checks.ts";
import type { Verification } from "./verifySeal.ts";

/** Report a verification as JUnit XML: one test case a check, which CI services show as tests. */
export function verificationJunit(verification: Verification): string {
  const { checks, name } = verification;
  const failures = checks.filter((check) => check.status === "failed").length;
  const skipped = checks.filter((check) => check.status === "skipped").length;
  const counts = `tests="${checks.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const suite = `retort verify ${name}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="retort verify" ${counts}>`,
    `  <testsuite name="${escaped(suite)}" ${counts} time="0">`,
    ...checks.map((check) => testCase(check, suite)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ number, title, status, message, files }: CheckResult, suite: string): string {
  const head = `    <testcase classname="${escaped(suite)}" name="${escaped(`${number} ${title}`)}" time="0"`;
  if (status === "passed") return `${head}/>`;
  if (status === "skipped") return `${head}><skipped message="${escaped(message)}"/></testcase>`;
  if (status === "note") return `${head}><system-out>${escaped(message)}</system-out></testcase>`;
  return `${head}><failure message="${escaped(message)}" type="failed">${escaped(files.join("\n"))}</failure></testcase>`;
}

const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** XML 1.0 text: markup escaped, characters that XML forbids replaced. */
function escaped(text: string): string {
  return escapeHtml(text.replace(forbidden, "\ufffd")).replace(/\n/g, "&#10;");
}
