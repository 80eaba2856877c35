import { checks } from "./checks.ts";
import type { Verification } from "./verifySeal.ts";

/**
 * Report a verification as SARIF 2.1.0: one rule a check, one result for each file of a failed check.
 *
 * @param folder path of the set relative to the repository, as code-scanning services show it.
 */
export function verificationSarif(verification: Verification, folder: string, version: string): string {
  const rules = Object.entries(checks).map(([id, { number, title }]) => ({
    id: `seal-${id}`,
    name: id,
    shortDescription: { text: title },
    properties: { number },
  }));
  const results = verification.checks
    .filter((check) => check.status === "failed" || check.status === "note")
    .flatMap((check) => {
      const files = check.files.length > 0 ? check.files : ["model.sig"];
      return files.map((file) => ({
        ruleId: `seal-${check.id}`,
        ruleIndex: check.number - 1,
        kind: check.status === "failed" ? "fail" : "informational",
        level: check.status === "failed" ? "error" : "none",
        message: { text: check.message },
        locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(folder, file) } } }],
      }));
    });
  return `${JSON.stringify(
    {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "retort verify", version, rules } },
          results,
          invocations: [{ executionSuccessful: true, exitCode: verification.verified ? 0 : 1 }],
          columnKind: "utf16CodeUnits",
        },
      ],
    },
    null,
    2,
  )}\n`;
}

/** A relative URI reference; names are the sender's and may hold anything. */
function uriOf(folder: string, file: string): string {
  const path = `${folder.replace(/\\/g, "/").replace(/\/+$/, "")}/${file}`;
  const wellFormed = path.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  return wellFormed.split("/").map(encodeURIComponent).join("/");
}
