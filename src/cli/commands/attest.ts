import { join } from "node:path";
import * as z from "zod";
import { DataError, UsageError } from "../../core/errors.ts";
import { checkOutputs } from "../../disk/checkOutputs.ts";
import { defaultSignature } from "../../disk/detachedSeal.ts";
import { readRegular } from "../../disk/readRegular.ts";
import { readJsonText } from "../../disk/readText.ts";
import { sealFolder, sealPlace } from "../../disk/sealFolder.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import { slsaPredicateType, testResultPredicateType } from "../../seal/attestations.ts";
import { parseBundle } from "../../seal/bundle.ts";
import { attestationsName } from "../../seal/manifest.ts";
import { sealedSubject } from "../../seal/sealedSubject.ts";
import { asArray, asFields } from "../../seal/shape.ts";
import { signStatement } from "../../seal/signStatement.ts";
import { defineCommand } from "../shell/command.ts";
import { resolveSealer, sealerOptions } from "../steps/sealer.ts";

const types: Readonly<Record<string, string>> = {
  "test-result": testResultPredicateType,
  provenance: slsaPredicateType,
};

/** Add a signed statement about a sealed set. */
export const attest = defineCommand({
  summary: "add a signed statement about a sealed set",
  description: `Appends a bundle to ${attestationsName}, about the set as it is sealed now: an audit's result, another provenance. The seal itself stays as
it is, and the signer may be somebody else than the publisher. Receivers see the statements of those they trust.`,
  arguments: { "<path>": "sealed folder or file" },
  options: z.object({
    ...sealerOptions,
    predicate: z.string().describe("JSON file with what is stated"),
    type: z.string().default("test-result").describe("test-result, provenance, or the URI of another predicate type"),
    out: z.string().optional().describe("write into this file instead of the folder"),
  }),
  examples: [
    "attest sets/cifar10-dc --predicate audit.json --key auditor.key",
    "attest sets/cifar10-dc --predicate more.json --type https://example.org/review/v1 --key auditor.key",
  ],
  async run({ args: [path], options, console, signal }) {
    const predicate = await readJsonText(options.predicate, "retort attest", "predicate");
    const predicateType = types[options.type] ?? options.type;
    if (!/^[a-z][a-z0-9+.-]*:/i.test(predicateType))
      throw new UsageError(
        `attest: unknown type: expected one of ${Object.keys(types).join(", ")} or a URI, got ${options.type}`,
      );
    if (predicateType === testResultPredicateType) checkTestResult(predicate);
    const folder = sealFolder(path);
    const place = sealPlace(path);
    const signature = defaultSignature(path);
    const { subject, ignorePaths } = await sealedSubject(
      folder,
      signature === undefined ? undefined : await readRegular(signature),
    );
    if (options.out === undefined && !ignorePaths.includes(attestationsName))
      throw new UsageError(
        `attest: invalid seal: expected one that leaves out ${attestationsName}; this one was made by another tool, so use --out`,
      );
    const file = options.out ?? join(place, attestationsName);
    await checkOutputs([file], [options.predicate, options.key]);
    const before = await readRegular(file)
      .then(String)
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return "";
        throw error;
      });
    checkStatements(file, before);
    const bundle = await signStatement(
      { subject, predicateType, predicate },
      await resolveSealer(options, console, signal),
    );
    await writeAtomic(file, `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${bundle}\n`);
    console.result({ file, predicateType, subject }, () =>
      console.line(`added ${predicateType} about ${subject.name} to ${file}`),
    );
    return 0;
  },
});

/** What holds anything else is not added to: it would be spoilt. @throws UsageError */
function checkStatements(file: string, text: string): void {
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      parseBundle(line);
    } catch {
      throw new UsageError(
        `attest: invalid file ${file}: expected signed statements to add to, a bundle a line, got another text in line ${i + 1}`,
      );
    }
  }
}

/** Required members of in-toto's test result v0.1. */
function checkTestResult(predicate: unknown): void {
  const fields = asFields("attest", "predicate", predicate);
  if (!["PASSED", "WARNED", "FAILED"].includes(String(fields.result)))
    throw new DataError(
      `attest: invalid predicate.result: expected PASSED, WARNED or FAILED, got ${JSON.stringify(fields.result) ?? "none"}`,
    );
  asArray("attest", "predicate.configuration", fields.configuration);
}
