import { checkAttestations, checkTensorDigests, checkVersion, publicationOf } from "./attestationChecks.ts";
import { tensorsPredicateType } from "./attestations.ts";
import type { Signer } from "./authenticate.ts";
import { type CheckId, Checklist, type CheckResult } from "./checks.ts";
import { compareFiles, type FileDifferences, type Move, splitNames, swappedContents } from "./compareFiles.ts";
import type { Folder } from "./Folder.ts";
import { checkContent, checkLinks, checkPresent, checkUnsigned, digestPresent } from "./fileChecks.ts";
import { gitPaths, isIgnored, setFingerprint } from "./manifest.ts";
import { asSealed, ignoredPaths, openSeal, type VerifyOptions } from "./openSeal.ts";
import { throughStaging } from "./staging.ts";

/** What verification found. Nothing in it was believed without the checks that passed. */
export interface Verification {
  /** Every check passed, and the signer is one the receiver named. */
  readonly verified: boolean;
  readonly name: string;
  readonly checks: readonly CheckResult[];
  readonly signer?: Pick<Signer, "kind" | "name" | "fingerprint" | "issuer" | "publisher">;
  /** What people compare: binds every name and every content (manifest.ts). */
  readonly fingerprint?: string;
  readonly version?: string;
  readonly date?: string;
  readonly files: FileDifferences & {
    readonly signed: number;
    readonly links: readonly string[];
    readonly specials: readonly string[];
    readonly swapped: readonly Move[];
  };
  /** The set says of itself that it was attacked. */
  readonly tampered?: unknown;
  readonly attestations: readonly { readonly file: string; readonly predicateType: string; readonly signer: string }[];
}

/**
 * Verify a folder against its seal: reads as the list of checks (checks.ts).
 *
 * Attacker-controlled: the folder, its names, the seal, the attestations. Trusted: `options`.
 *
 * @returns every check with its outcome; never throws for what the folder holds.
 * @example
 * const { verified, checks } = await verifySeal(folder, { trust, at: new Date("2026-11-28") });
 */
export async function verifySeal(untrusted: Folder, options: VerifyOptions): Promise<Verification> {
  const list = new Checklist();
  const listed = throughStaging(untrusted);
  const opened = await openSeal(list, listed.folder, options);
  const { manifest } = opened;
  const staged = { ...listed, folder: asSealed(listed.folder, manifest) };
  const none = { missing: [], changed: [], added: [], moved: [], respelled: [], ignored: [] };
  let differences: FileDifferences = none;
  let swapped: readonly Move[] = [];
  const ignore = manifest ? ignoredPaths(manifest, options) : new Set(gitPaths);
  const links = staged.folder.links.filter((path) => !isIgnored(path, ignore));
  const specials = staged.folder.specials.filter((path) => !isIgnored(path, ignore));
  await checkLinks(list, links, specials);
  if (manifest) {
    const split = splitNames(
      staged.folder.files.map((file) => file.path),
      manifest,
      ignore,
    );
    const digests = await digestPresent(staged.folder, split, options);
    differences = compareFiles(split, manifest.resources, digests);
    swapped = swappedContents(differences.changed, manifest.resources, digests);
    await checkPresent(list, differences, untrusted.folder);
    await checkContent(list, differences, swapped, manifest.resources.length);
    await checkUnsigned(list, differences, staged);
  }
  const attested = await checkAttestations(list, staged, opened, options);
  const tensors = attested.find((item) => item.predicateType === tensorsPredicateType);
  const tampered = await checkTensorDigests(list, staged.folder, tensors, options);
  const publication = publicationOf(attested);
  await checkVersion(list, publication, opened.signer, options);
  const checks = list.list();
  return {
    verified: checks.every((check) => check.status !== "failed") && required.every((id) => passed(checks, id)),
    name: untrusted.name,
    checks,
    ...(opened.signer && !list.failed("signature") && { signer: publicPart(opened.signer) }),
    ...(manifest && { fingerprint: setFingerprint(manifest.resources) }),
    ...publication,
    files: {
      ...differences,
      signed: manifest?.resources.length ?? 0,
      links,
      specials,
      swapped,
    },
    ...(tampered !== undefined && { tampered }),
    attestations: attested.map(({ file, predicateType, signer }) => ({ file, predicateType, signer: signer.name })),
  };
}

/** Without these there is no verification, whatever else passed. */
const required: readonly CheckId[] = [
  "bundle",
  "trust",
  "signer",
  "encoding",
  "signature",
  "statement",
  "serialization",
  "resources",
  "root",
  "links",
  "present",
  "content",
  "unsigned",
];

function passed(checks: readonly CheckResult[], id: CheckId): boolean {
  const status = checks.find((check) => check.id === id)?.status;
  return status === "passed" || status === "note";
}

function publicPart({ kind, name, fingerprint, issuer, publisher }: Signer) {
  return { kind, name, fingerprint, issuer, publisher };
}
