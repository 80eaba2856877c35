import { type KeyObject, X509Certificate } from "node:crypto";
import { DataError, UsageError } from "../core/errors.ts";
import { StrangerFailure } from "./checks.ts";
import { derTag, readDer, readDerAll, readOid, readSequence } from "./der.ts";
import { curveOf } from "./keys.ts";

const who = "checkCertificates";
const maxDepth = 8;

/** Extensions that are understood; any other one marked critical is refused (RFC 5280, §4.2). */
const known = {
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  subjectAlternativeName: "2.5.29.17",
} as const;
const codeSigning = new Set(["1.3.6.1.5.5.7.3.3", "2.5.29.37.0"]);

/** The parts of a certificate's extensions that decide what its key may do. */
export interface Usage {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
  /** Undefined where the extension is absent. */
  readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean } | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
}

/**
 * Read certificates from PEM text.
 *
 * @throws UsageError if there is none.
 */
export function loadCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new UsageError("loadCertificates: missing certificate: expected at least one in PEM");
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new UsageError(`loadCertificates: invalid certificate: ${(error as Error).message}`);
    }
  });
}

/** A chain that leads from the signing certificate to a root the receiver trusts. */
export interface CheckedChain {
  /** Leaf first, trusted root last. */
  readonly path: readonly X509Certificate[];
  readonly key: KeyObject;
}

/**
 * Check a bundle's certificates against trusted roots: issuer names, signatures, dates, CA flags, key usage, path length.
 *
 * The roots come from the receiver; certificates of the bundle serve as intermediates only.
 *
 * @param at the time at which every certificate must be valid.
 * @throws DataError that names the first broken rule.
 */
export function checkCertificates(
  der: readonly Uint8Array[],
  roots: readonly X509Certificate[],
  at: Date,
): CheckedChain {
  const chain = der.map((bytes, i) => {
    try {
      return new X509Certificate(bytes);
    } catch (error) {
      throw new DataError(`${who}: invalid certificate ${i}: ${(error as Error).message}`);
    }
  });
  const [leaf, ...intermediates] = chain;
  const path = findPath(leaf, intermediates, roots, []);
  if (!path)
    throw new StrangerFailure(
      `${who}: invalid chain: expected ${oneLine(leaf.subject)} to lead to a trusted root, but its issuer ${oneLine(leaf.issuer)} is not trusted`,
    );
  for (const [i, certificate] of path.entries()) {
    checkDates(certificate, at);
    const usage = readUsage(certificate);
    if (i === 0) checkLeaf(certificate, usage);
    else checkIssuer(certificate, usage, i);
  }
  return { path, key: leafKey(leaf) };
}

/** Lead a certificate to a root by names and signatures. Roots are tried first. */
function findPath(
  certificate: X509Certificate,
  intermediates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  below: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const path = [...below, certificate];
  if (path.length > maxDepth) return undefined;
  const same = (other: X509Certificate) => other.raw.equals(certificate.raw);
  if (roots.some(same)) return path;
  for (const root of roots) if (issued(root, certificate)) return [...path, root];
  for (const issuer of intermediates) {
    if (path.some((other) => other.raw.equals(issuer.raw)) || !issued(issuer, certificate)) continue;
    const found = findPath(issuer, intermediates, roots, path);
    if (found) return found;
  }
  return undefined;
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function checkDates(certificate: X509Certificate, at: Date): void {
  const from = new Date(certificate.validFrom);
  const to = new Date(certificate.validTo);
  const name = oneLine(certificate.subject);
  if (!(at.getTime() >= from.getTime()))
    throw new DataError(`${who}: invalid date: certificate ${name} is not valid before ${from.toISOString()}`);
  if (!(at.getTime() <= to.getTime()))
    throw new DataError(`${who}: invalid date: certificate ${name} expired ${to.toISOString()}`);
}

function checkLeaf(certificate: X509Certificate, { keyUsage, extendedKeyUsage }: Usage): void {
  const name = oneLine(certificate.subject);
  if (!keyUsage?.digitalSignature)
    throw new DataError(`${who}: invalid key usage: expected digitalSignature in certificate ${name}`);
  if (extendedKeyUsage && !extendedKeyUsage.some((oid) => codeSigning.has(oid)))
    throw new DataError(`${who}: invalid extended key usage: expected codeSigning in certificate ${name}`);
}

/** @param position place in the path; a path length counts the certificates between it and the leaf. */
function checkIssuer(certificate: X509Certificate, usage: Usage, position: number): void {
  const name = oneLine(certificate.subject);
  if (!usage.ca) throw new DataError(`${who}: invalid issuer: expected a certificate authority, got ${name}`);
  if (usage.keyUsage && !usage.keyUsage.keyCertSign)
    throw new DataError(`${who}: invalid key usage: expected keyCertSign in certificate ${name}`);
  if (usage.pathLength !== undefined && position - 1 > usage.pathLength)
    throw new DataError(
      `${who}: invalid path length: ${name} allows ${usage.pathLength} intermediates, got ${position - 1}`,
    );
}

function leafKey(leaf: X509Certificate): KeyObject {
  try {
    curveOf(leaf.publicKey);
    return leaf.publicKey;
  } catch (error) {
    throw new DataError(`${who}: invalid signing key: ${(error as Error).message}`);
  }
}

/** Read the extensions of a certificate (RFC 5280, §4.1): tbsCertificate's element with tag [3]. */
export function readUsage(certificate: X509Certificate): Usage {
  const [tbs] = readSequence(who, new Uint8Array(certificate.raw));
  const holder = readDerAll(who, tbs.content).find((element) => element.tag === 0xa3);
  const extensions = new Map<string, Uint8Array>();
  for (const extension of holder ? readSequence(who, holder.content) : []) {
    const parts = readDerAll(who, extension.content);
    const oid = readOid(parts[0].content);
    const critical = parts[1].tag === derTag.boolean && parts[1].content[0] !== 0;
    if (critical && !Object.values<string>(known).includes(oid))
      throw new DataError(`${who}: unknown critical extension: ${oid} in certificate ${oneLine(certificate.subject)}`);
    extensions.set(oid, parts[parts.length - 1].content);
  }
  return { ...readConstraints(extensions.get(known.basicConstraints)), ...readUsages(extensions) };
}

function readConstraints(value: Uint8Array | undefined): Pick<Usage, "ca" | "pathLength"> {
  if (!value) return { ca: false, pathLength: undefined };
  const parts = readSequence(who, value);
  const ca = parts[0]?.tag === derTag.boolean && parts[0].content[0] !== 0;
  const limit = parts.find((part) => part.tag === derTag.integer);
  return { ca, pathLength: limit?.content.reduce((sum, byte) => sum * 256 + byte, 0) };
}

export function readUsages(extensions: ReadonlyMap<string, Uint8Array>): Pick<Usage, "keyUsage" | "extendedKeyUsage"> {
  const bits = extensions.get(known.keyUsage);
  const list = extensions.get(known.extendedKeyUsage);
  const first = bits && (readDer(who, bits).content[1] ?? 0);
  return {
    // Bit 0 (digitalSignature) is the highest of the first byte, bit 5 is keyCertSign.
    keyUsage:
      first === undefined ? undefined : { digitalSignature: (first & 0x80) !== 0, keyCertSign: (first & 0x04) !== 0 },
    extendedKeyUsage: list && readSequence(who, list).map((element) => readOid(element.content)),
  };
}

/** A distinguished name as people write it: "CN=Example, O=Lab". */
export function oneLine(name: string): string {
  return (name ?? "").split("\n").join(", ") || "(no name)";
}
