import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Source } from "../formats/Format.ts";
import { checkEncoding, checkSignature, matchSigner, type Signer } from "./authenticate.ts";
import { type Bundle, maxBundleBytes, parseBundle } from "./bundle.ts";
import { CheckFailure, type Checklist } from "./checks.ts";
import type { Folder } from "./Folder.ts";
import type { HashOptions } from "./hashFile.ts";
import {
  foldedTwins,
  gitPaths,
  type Manifest,
  parseResources,
  parseSerialization,
  rootDigest,
  signatureName,
  stagingFolder,
} from "./manifest.ts";
import { parseStatement, type Statement } from "./statement.ts";
import type { Trust } from "./Trust.ts";

export interface VerifyOptions extends HashOptions {
  readonly trust: Trust;
  /** Time at which certificates must be valid. */
  readonly at: Date;
  /** Signature that lies elsewhere. Default: model.sig in the folder. */
  readonly signature?: Uint8Array;
  /** Attestations that lie elsewhere, name → text. Default: those in the folder. */
  readonly attestations?: ReadonlyMap<string, string>;
  /** Further exact paths to leave out, for seals of the old layout, which list none. */
  readonly ignore?: readonly string[];
  readonly expectVersion?: string;
  readonly minVersion?: string;
  /** Read the set and compare its tensors with the signed digests. Absent: not asked for. */
  readonly openSet?: (source: Source) => Promise<DistilledSet | LabelledSet>;
}

/** A seal whose signature was checked, before any file of the set was read. */
export interface OpenedSeal {
  readonly signer?: Signer;
  readonly bundle?: Bundle;
  readonly statement?: Statement;
  readonly manifest?: Manifest;
}

/**
 * The receiver's file under the name that the seal gives it: a file may be called anything, and was maybe sealed alone.
 *
 * In a folder every file stays what it is called.
 */
export function asSealed(untrusted: Folder, manifest: Manifest | undefined): Folder {
  const [file] = untrusted.files;
  if (untrusted.folder || !manifest?.single || !file) return untrusted;
  return { ...untrusted, files: [{ ...file, path: manifest.name }] };
}

/** Checks 1 to 9: everything that can be said without reading the set. */
export async function openSeal(list: Checklist, untrusted: Folder, options: VerifyOptions): Promise<OpenedSeal> {
  const { trust } = options;
  const bundle = await list.check("bundle", async () => {
    const parsed = parseBundle(await signatureBytes(untrusted, options));
    return { value: parsed, message: describeBundle(parsed), note: parsed.layout === "old" };
  });
  await list.check("trust", () => {
    const keyless = trust.kind === "identity" ? ` ${trust.identity} vouched for by ${trust.issuer}` : "";
    if (trust.kind === "none" || (trust.kind === "keys" && trust.keys.length === 0))
      throw new CheckFailure(
        "nobody: give --key, --certificate-root or --identity and --issuer, or pin a key with retort trust add; a key found beside the data proves nothing",
      );
    return { message: `${trust.kind}${keyless}` };
  });
  if (!bundle) return {};
  const signer = await findSigner(list, bundle, options);
  if (signer) {
    const encoded = await list.check("encoding", () => ({ value: true, message: checkEncoding(bundle, signer) }));
    if (encoded)
      await list.check("signature", () => {
        checkSignature(bundle, signer);
        return { message: `${bundle.payload.length} bytes signed` };
      });
  }
  const statement = await list.check("statement", () => {
    const parsed = parseStatement(bundle.payloadType, bundle.payload);
    const renamed = parsed.subject.name !== untrusted.name;
    const was = renamed ? `, now ${JSON.stringify(untrusted.name)}` : "";
    return { value: parsed, message: `${parsed.predicateType} about ${JSON.stringify(parsed.subject.name)}${was}` };
  });
  const manifest = statement && (await openManifest(list, statement, bundle, untrusted, options));
  return { signer, bundle, statement, manifest };
}

async function findSigner(list: Checklist, bundle: Bundle, { trust, at }: VerifyOptions): Promise<Signer | undefined> {
  if (!list.failed("trust"))
    return list.check("signer", () => {
      const found = matchSigner(bundle, trust, at);
      return { value: found, message: describeSigner(found) };
    });
  list.skip("signer", "nobody to compare with");
  return undefined;
}

async function openManifest(
  list: Checklist,
  statement: Statement,
  bundle: Bundle,
  untrusted: Folder,
  options: VerifyOptions,
): Promise<Manifest | undefined> {
  const rules = await list.check("serialization", async () => {
    const parsed = parseSerialization(statement);
    if (parsed.allowSymlinks) throw new CheckFailure("the seal allows symbolic links, whose targets it cannot bind");
    if (bundle.layout === "old" && parsed.ignorePaths)
      throw new CheckFailure(
        "downgraded: the statement is of version 1.1 or later, but the bundle around it has the older layout",
      );
    // Retort's own seals have one spelling only; any other one was made by somebody else's hand.
    if (parsed.ignorePaths?.includes(stagingFolder) && !isCanonical(bundle, await signatureBytes(untrusted, options)))
      throw new DataError(
        `${signatureName}: invalid bundle: expected the compact form that Retort writes, with nothing around it`,
      );
    return { value: parsed, message: `every regular file except ${parsed.ignorePaths?.join(", ") ?? "the signature"}` };
  });
  const listed = await list.check("resources", () => {
    const parsed = parseResources(statement);
    const twins = foldedTwins(parsed.resources.map((resource) => resource.name));
    const note =
      twins.length > 0
        ? `; ${twins.map(([a, b]) => `${a} and ${b}`).join(", ")} are one file on some file systems`
        : "";
    const covers = parsed.single
      ? `one file, ${JSON.stringify(statement.subject.name)}, sealed alone`
      : `${parsed.resources.length} files`;
    return { value: parsed, message: `${covers}${note}`, note: twins.length > 0 };
  });
  if (!listed) return undefined;
  const { resources } = listed;
  await list.check("root", () => {
    const digest = rootDigest(resources);
    if (digest !== statement.subject.sha256)
      throw new CheckFailure(
        `the root digest is ${statement.subject.sha256.slice(0, 16)}…, the listed files give ${digest.slice(0, 16)}…`,
      );
    return { message: digest };
  });
  return rules && { name: statement.subject.name, ...listed, ...rules };
}

function isCanonical(bundle: Bundle, bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes) === JSON.stringify(bundle.json);
}

async function signatureBytes(untrusted: Folder, { signature }: VerifyOptions): Promise<Uint8Array> {
  if (signature) return signature;
  const file = untrusted.files.find((item) => item.path === signatureName);
  if (!file && !untrusted.folder) throw new CheckFailure("no seal: give the one of this file with --signature");
  if (!file) throw new CheckFailure(`no seal: the folder has no ${signatureName}`);
  if (file.size > maxBundleBytes)
    throw new DataError(`${signatureName}: invalid size: expected at most ${maxBundleBytes} bytes, got ${file.size}`);
  return file.read();
}

function describeBundle({ layout, material }: Bundle): string {
  const made = { key: "key", certificates: "certificate chain", keyless: "keyless" }[material.kind];
  return `OMS v1 bundle, ${made}${layout === "old" ? ", in the layout of version 1.0.1 or older" : ""}`;
}

function describeSigner(signer: Signer): string {
  const print = signer.fingerprint ? ` (${signer.fingerprint})` : "";
  return `${signer.name}${print}${signer.issuer ? `, vouched for by ${signer.issuer}` : ""}`;
}

/** Paths that the seal leaves out. The staging area is not among them: what lies there is looked at (staging.ts). */
export function ignoredPaths(manifest: Manifest, options: Pick<VerifyOptions, "ignore" | "signature">): Set<string> {
  const paths = new Set([...(manifest.ignorePaths ?? gitPaths), ...(options.ignore ?? [])]);
  paths.add(signatureName);
  paths.delete(stagingFolder);
  return paths;
}
