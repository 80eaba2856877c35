import { createHash } from "node:crypto";
import { type CheckId, type CheckResult, checks } from "./checks.ts";
import { signatureName } from "./manifest.ts";
import type { Verification } from "./verifySeal.ts";

/** Where the set lies, as code-scanning hosts want it. */
export interface SarifPlace {
  /** Path of the folder or file relative to the repository's root, "/"-separated, "" for the root itself. Never absolute, never with "..". */
  readonly path: string;
  /** The set is a single file. */
  readonly single: boolean;
}

/** What a reader of a failed check can do. */
const advice: Readonly<Record<CheckId, string>> = {
  bundle: "Get the seal again from its publisher; one that does not parse may have been cut or made by hand.",
  trust: "Give the publisher's key, certificate root or identity, got by another way than the set.",
  signer: "Compare the fingerprint with the publisher. Somebody else may have sealed this set.",
  encoding: "Ask the publisher to sign with ECDSA P-256, P-384 or P-521.",
  signature: "Do not use the set: what was signed was altered, or somebody else signed it.",
  statement: "Ask the publisher to seal the set again with a current tool.",
  serialization: "Ask the publisher to seal the set again: files by sha256, without links.",
  resources: "Do not use the set: its list of files names something outside it, or one file twice.",
  root: "Do not use the set: its list of files does not fit what was signed.",
  links: "Replace links and special files by the files that were sealed.",
  present: "Get the set again. An image in another class folder has another label.",
  content: "Do not use the set: get it again from its publisher, and compare with retort diff.",
  unsigned: "Remove the files that nobody signed, or ask the publisher about them.",
  attestations: "Get the whole seal again: provenance and tensor digests belong to it.",
  tensors: "Get the set again, or the tensor digests that belong to this one.",
  version: "Get the current release: an older one may be replayed on purpose.",
};

/** Chosen: hosts show 5 000 results of a run; the list on the terminal has all. */
const mostResults = 5000;

/**
 * Report a verification as SARIF 2.1.0, as code-scanning hosts require it: one rule a check with help, one result for each file of a
 * failed check, with a place relative to the repository, a region and a fingerprint that stays the same from run to run.
 */
export function verificationSarif(verification: Verification, place: SarifPlace, version: string): string {
  const results = verification.checks
    .filter((check) => check.status === "failed")
    .flatMap((check) => filesOf(check, place).map((file) => resultOf(check, file, place)));
  const notes = verification.checks.filter((check) => check.status === "note");
  return document(version, place, results.slice(0, mostResults), {
    executionSuccessful: true,
    exitCode: verification.verified ? 0 : 1,
    toolExecutionNotifications: notes.map(({ id, message }) => ({
      associatedRule: { id: `seal-${id}` },
      level: "note",
      message: { text: message },
    })),
  });
}

/** The report of a verification that could not be done: no results, and why. */
export function failedSarif(message: string, place: SarifPlace, version: string): string {
  return document(version, place, [], {
    executionSuccessful: false,
    exitCode: 2,
    toolExecutionNotifications: [{ level: "error", message: { text: message } }],
  });
}

function document(version: string, { path }: SarifPlace, results: readonly object[], invocation: object): string {
  const rules = Object.entries(checks).map(([id, { number, title }]) => ({
    id: `seal-${id}`,
    name: `Seal${id[0].toUpperCase()}${id.slice(1)}`,
    shortDescription: { text: title },
    fullDescription: { text: `${title}. Check ${number} of retort verify.` },
    help: {
      text: `${title}. ${advice[id as CheckId]}`,
      markdown: `**${title}.** ${advice[id as CheckId]}`,
    },
    defaultConfiguration: { level: "error" },
    properties: { number, tags: ["security", "supply-chain"], precision: "very-high", "security-severity": "8.0" },
  }));
  const run = {
    tool: { driver: { name: "retort verify", version, semanticVersion: version, rules } },
    automationDetails: { id: `retort-verify/${uriOf(path)}/` },
    originalUriBaseIds: { "%SRCROOT%": { description: { text: "The root of the repository." } } },
    results,
    invocations: [invocation],
    columnKind: "utf16CodeUnits",
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** Files that a check is about; where it is about none, the seal. */
function filesOf({ files }: CheckResult, { single }: SarifPlace): readonly string[] {
  if (single) return [""];
  return files.length > 0 ? files : [signatureName];
}

function resultOf(check: CheckResult, file: string, { path }: SarifPlace) {
  const uri = uriOf([path, file].filter((part) => part !== "").join("/"));
  const fingerprint = createHash("sha256").update(`${check.id}\0${uri}`).digest("hex");
  return {
    ruleId: `seal-${check.id}`,
    ruleIndex: check.number - 1,
    kind: "fail",
    level: "error",
    message: { text: check.message || check.title },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
          // The whole file is meant; hosts place a result at a line.
          region: { startLine: 1, startColumn: 1 },
        },
      },
    ],
    partialFingerprints: {
      "retortSealCheck/v1": fingerprint,
      primaryLocationLineHash: `${fingerprint.slice(0, 16)}:1`,
    },
  };
}

/** A relative URI reference; names are the sender's and may hold anything. */
function uriOf(path: string): string {
  const wellFormed = path.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  return wellFormed.split("/").map(encodeURIComponent).join("/");
}
