import { DataError } from "../core/errors.ts";
import type { SourceFile } from "../formats/Format.ts";
import { declaredIn } from "../formats/saysTampered.ts";
import {
  type Attestation,
  readAttestation,
  readOwnAttestation,
  slsaPredicateType,
  tensorsPredicateType,
} from "./attestations.ts";
import type { Signer } from "./authenticate.ts";
import { maxBundleBytes } from "./bundle.ts";
import { CheckFailure, type Checklist, StrangerFailure } from "./checks.ts";
import type { Folder } from "./Folder.ts";
import { hashFile } from "./hashFile.ts";
import { attestationsName, provenanceName, tensorsName } from "./manifest.ts";
import type { OpenedSeal, VerifyOptions } from "./openSeal.ts";
import { type Publication, readPublication, readReplaced } from "./provenance.ts";
import type { Staged } from "./staging.ts";
import { checkTensors, dataSource } from "./tensors.ts";
import { compareVersions } from "./versions.ts";

/** Check 14. @returns the attestations that belong to this seal. */
export async function checkAttestations(
  list: Checklist,
  staged: Staged,
  opened: OpenedSeal,
  options: VerifyOptions,
): Promise<readonly Attestation[]> {
  const { signer, statement, manifest } = opened;
  if (!signer || !statement || !manifest || list.failed("signature")) {
    list.skip("attestations", "needs a signature that was checked");
    return [];
  }
  const found = await list.check("attestations", async () => {
    const value: Attestation[] = [];
    for (const [name, type] of [
      [provenanceName, slsaPredicateType],
      [tensorsName, tensorsPredicateType],
    ] as const) {
      const text = await attestationText(staged.folder, name, options);
      if (text === undefined && manifest.ignorePaths?.includes(name))
        throw new CheckFailure(`missing: ${name}, which the seal promises`, [name]);
      const sealed = { subject: statement.subject, signer };
      if (text !== undefined) value.push(readOwnAttestation(name, text, type, sealed, options.trust, options.at));
    }
    const more = await attestationText(staged.folder, attestationsName, options);
    const strangers: string[] = [];
    for (const [i, line] of (more ?? "").split("\n").entries()) {
      if (line === "") continue;
      try {
        value.push(readAttestation(`${attestationsName}:${i + 1}`, line, statement.subject, options.trust, options.at));
      } catch (error) {
        if (!(error instanceof StrangerFailure)) throw error;
        strangers.push(`${attestationsName}:${i + 1} was not looked at (${error.message})`);
      }
    }
    await checkPending(staged, value);
    const names = value.map((item) => `${item.file} (${item.predicateType})`);
    const pending =
      staged.pending.size > 0
        ? ["the sealing was interrupted after its commit; retort seal --finish completes it"]
        : [];
    const message = [names.join(", ") || "none", ...strangers, ...pending].join("; ");
    return { value, message, note: strangers.length + pending.length > 0 };
  });
  return found ?? [];
}

async function attestationText(
  folder: Folder,
  name: string,
  { attestations, signature }: VerifyOptions,
): Promise<string | undefined> {
  if (attestations || signature) return attestations?.get(name);
  const file = folder.files.find((item) => item.path === name);
  if (!file) return undefined;
  if (file.size > maxBundleBytes)
    throw new DataError(`${name}: invalid size: expected at most ${maxBundleBytes} bytes`);
  return new TextDecoder().decode(await file.read());
}

/**
 * In an interrupted sealing the old card and description may still lie under their names, where people read them: they
 * must be the ones that the new seal says it replaces.
 */
async function checkPending({ pending, folder }: Staged, attestations: readonly Attestation[]): Promise<void> {
  const provenance = attestations.find((item) => item.file === provenanceName);
  const replaced = provenance ? readReplaced(provenance.predicate) : {};
  for (const [name, onDisk] of pending) {
    const digest = onDisk && (await hashFile(onDisk));
    const committed = folder.files.find((file) => file.path === name) as SourceFile;
    if (digest === undefined || digest === replaced[name] || digest === (await hashFile(committed))) continue;
    throw new CheckFailure(`${name} is neither the sealed file nor the one that the interrupted sealing replaces`, [
      name,
    ]);
  }
}

/** Check 15. @returns what the set says about having been attacked. */
export async function checkTensorDigests(
  list: Checklist,
  folder: Folder,
  attestation: Attestation | undefined,
  options: VerifyOptions,
): Promise<unknown> {
  const signed = (attestation?.predicate as { tampered?: unknown } | undefined)?.tampered;
  const { openSet } = options;
  if (!openSet) list.skip("tensors", "not asked for");
  else if (!attestation) list.skip("tensors", "the seal has no tensor digests");
  else if (list.failed("content") || list.failed("present") || list.failed("unsigned"))
    list.skip("tensors", "the files are not those that were signed");
  else
    return (
      (await list.check("tensors", async () => {
        const set = await openSet(dataSource(folder));
        return {
          message: checkTensors(set, attestation.predicate),
          value: set.kind === "distilled" ? declaredIn(set.metadata) : undefined,
        };
      })) ?? signed
    );
  return signed;
}

/** Check 16. */
export async function checkVersion(
  list: Checklist,
  { version }: Partial<Publication>,
  signer: Signer | undefined,
  { expectVersion, minVersion }: Pick<VerifyOptions, "expectVersion" | "minVersion">,
): Promise<void> {
  const floors = [minVersion, signer?.minVersion].filter((floor) => floor !== undefined);
  if (expectVersion === undefined && floors.length === 0) {
    list.skip("version", `not asked for${version === undefined ? "" : `; the seal says ${version}`}`);
    return;
  }
  await list.check("version", () => {
    if (version === undefined) throw new CheckFailure("the seal has no version to compare with");
    if (expectVersion !== undefined && version !== expectVersion && compareVersions(version, expectVersion) !== 0)
      throw new CheckFailure(`version ${version}, expected ${expectVersion}`);
    for (const floor of floors) {
      const order = compareVersions(version, floor);
      if (order === undefined)
        throw new CheckFailure(
          `version ${JSON.stringify(version)} is no semantic version: nobody can say whether it is older than ${floor}`,
        );
      if (order < 0) throw new CheckFailure(`version ${version} is older than ${floor}`);
    }
    return { message: `version ${version}` };
  });
}

/** Version and date that the seal's provenance states. */
export function publicationOf(attestations: readonly Attestation[]): Partial<Publication> {
  const provenance = attestations.find((item) => item.file === provenanceName);
  return provenance ? readPublication(provenance.predicate) : {};
}
