import { statSync } from "node:fs";
import { basename } from "node:path";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { checkOutputs } from "../../disk/checkOutputs.ts";
import { defaultSignature, readDetached } from "../../disk/detachedSeal.ts";
import { fileSource } from "../../disk/fileSource.ts";
import { readBoundedText } from "../../disk/readText.ts";
import { sealFolder } from "../../disk/sealFolder.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import type { Source } from "../../formats/Format.ts";
import { versions } from "../../run/versions.ts";
import type { CheckStatus } from "../../seal/checks.ts";
import { spellFingerprint } from "../../seal/Trust.ts";
import { verificationJunit } from "../../seal/verificationJunit.ts";
import { failedSarif, type SarifPlace, verificationSarif } from "../../seal/verificationSarif.ts";
import { type Verification, verifySeal } from "../../seal/verifySeal.ts";
import { verifyTensors } from "../../seal/verifyTensors.ts";
import { trustOptions } from "../options/gateOptions.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { flagOf } from "../shell/flagOf.ts";
import { printable } from "../shell/printable.ts";
import { checkVersions } from "../steps/checkVersions.ts";
import { repositoryPath } from "../steps/repositoryPath.ts";
import { resolveTrust } from "../steps/resolveTrust.ts";

const options = z.object({
  ...trustOptions,
  at: z.iso.date().optional().describe("day on which certificates must have been valid (default: today)"),
  deep: z.boolean().default(false).describe("also read the set and compare its tensors with the signed digests"),
  tensors: z
    .string()
    .optional()
    .describe("check a re-encoded set against this retort.tensors.json instead of its own seal"),
  experiment: z.int().min(0).optional().describe("which experiment of a DC file to read"),
  signature: z
    .string()
    .optional()
    .describe(
      "model.sig that lies elsewhere, or its folder; its attestations are looked for beside it (default for a file: FILE.seal)",
    ),
  ignore: z
    .array(z.string())
    .optional()
    .describe("exact relative paths to leave out, for seals of version 1.0.1 or older"),
  sarif: z.string().optional().describe("also write a SARIF 2.1.0 report to this file"),
  junit: z.string().optional().describe("also write a JUnit report to this file"),
});

/** Check a set against its seal. */
export const verify = defineCommand({
  summary: "check a set against its seal",
  description: `Prints a numbered list of checks, then the fingerprint that people compare. Verified means: every check passed, and the signer is one
that you named with --key, --certificate-root, --identity and --issuer, or pinned with retort trust add. A key found beside the data is never used.
Exit status: 0 verified, 1 not verified, 2 an error.`,
  arguments: { "<path>": "folder of the set, or a file" },
  options,
  readWhen: [
    { option: "experiment", read: ({ deep, tensors }) => deep || tensors !== undefined, by: "--deep or --tensors" },
    { option: "deep", read: ({ tensors }) => tensors === undefined, by: "the set's own seal, not with --tensors" },
    { option: "trustedRoot", read: ({ identity, issuer }) => (identity ?? issuer) !== undefined, by: "--identity" },
  ],
  examples: [
    "verify sets/cifar10-dc --key lab.pub",
    "verify sets/cifar10-dc",
    "verify res_DC_CIFAR10_ConvNet_10ipc.pt --signature res.seal/model.sig --key lab.pub",
    "verify sets/cifar10-dc --certificate-root ca.pem --expect-version 1.1.0",
    "verify sets/cifar10-dc --identity lab@example.org --issuer https://accounts.example.org --trusted-root trusted_root.json",
    "verify copy.npz --tensors retort.tensors.json --key lab.pub",
    "verify sets/cifar10-dc --sarif seal.sarif --junit seal.xml",
  ],
  async run({ args: [path], options, console, signal }) {
    checkVersions(options, "verify");
    await checkOutputs(
      [options.sarif, options.junit],
      [path, options.tensors, options.signature, ...(options.key ?? [])],
    );
    const checked =
      options.tensors === undefined
        ? verifyFolder(path, options, console, signal)
        : verifyReencoded(path, options.tensors, options);
    const verification = await checked.catch(async (error: Error) => {
      // Hosts that wait for a report get one that says why there is none.
      if (options.sarif !== undefined && !signal.aborted)
        await writeAtomic(options.sarif, failedSarif(error.message, sarifPlace(path), version()));
      throw error;
    });
    if (options.sarif !== undefined)
      await writeAtomic(options.sarif, verificationSarif(verification, sarifPlace(path), version()));
    if (options.junit !== undefined) await writeAtomic(options.junit, verificationJunit(verification));
    console.result(verification, () => show(verification, console));
    return verification.verified ? 0 : 1;
  },
});

type Choice = z.infer<typeof options>;

const version = (): string => versions("none", 0).retort;

const sarifPlace = (path: string): SarifPlace => ({
  path: repositoryPath(path),
  single: statSync(path, { throwIfNoEntry: false })?.isFile() === true,
});

async function verifyFolder(
  path: string,
  choice: Choice,
  console: Console,
  signal: AbortSignal,
): Promise<Verification> {
  const folder = sealFolder(path);
  const signature = choice.signature ?? defaultSignature(path);
  const bar = console.progress("hashing", folder.files.length);
  const found = await verifySeal(folder, {
    trust: await resolveTrust(choice, path),
    at: timeOf(choice),
    expectVersion: choice.expectVersion,
    minVersion: choice.minVersion,
    ignore: choice.ignore,
    ...(signature !== undefined && (await readDetached(signature))),
    ...(choice.deep && { openSet: (source: Source) => open(source, choice) }),
    onProgress: ({ files, bytes }) => bar.update(files, `${(bytes / 1e6).toFixed(0)} MB`),
    signal,
  });
  bar.end();
  return found;
}

async function verifyReencoded(path: string, tensors: string, choice: Choice): Promise<Verification> {
  return verifyTensors(basename(path), await readBoundedText(tensors, "retort verify", "digests of tensors"), {
    trust: await resolveTrust(choice, path),
    at: timeOf(choice),
    expectVersion: choice.expectVersion,
    minVersion: choice.minVersion,
    openSet: async () => open(await fileSource(path), choice),
  });
}

/** The end of the named day, so that a certificate issued on it counts. */
function timeOf({ at }: Choice): Date {
  return at === undefined ? new Date() : new Date(`${at}T23:59:59Z`);
}

async function open(source: Source, { experiment }: Choice) {
  const [{ openSet }, { jpegDecoder }] = await Promise.all([
    import("../../formats/open.ts"),
    import("../../disk/jpegDecoder.ts"),
  ]);
  const { set, format } = await openSet(source, {
    ...{ jpeg: await jpegDecoder(), experiment },
    caller: { who: "verify", spell: flagOf },
  });
  if (!set) throw new UsageError(`verify: invalid content: expected a set, got a file that is read as ${format}`);
  return set;
}

const marks: Readonly<Record<CheckStatus, string>> = { passed: "✓", note: "!", failed: "✗", skipped: "·" };

function show(found: Verification, console: Console): void {
  for (const { number, title, status, message } of found.checks) {
    console.line(`${marks[status]} ${String(number).padStart(2)}  ${title}`);
    if (message) console.line(`      ${printable(message)}`);
  }
  console.line();
  if (found.fingerprint) console.line(`fingerprint  ${spellFingerprint(found.fingerprint)}`);
  if (found.version)
    console.line(`version      ${printable(found.version)}${found.date ? ` of ${printable(found.date)}` : ""}`);
  if (found.tampered !== undefined)
    console.line(
      `warning      the set says of itself that it was backdoored: ${printable(JSON.stringify(found.tampered))}`,
    );
  const failed = found.checks.filter((check) => check.status === "failed").map((check) => check.number);
  console.line(
    found.verified
      ? `VERIFIED     ${found.files.signed > 0 ? `${found.files.signed} files, ` : ""}sealed by ${printable(found.signer?.name ?? "")}`
      : `NOT VERIFIED (check ${failed.join(", ")})`,
  );
}
