import type { KeyObject } from "node:crypto";
import { DataError } from "../core/errors.ts";
import type { Bundle } from "./bundle.ts";
import { checkCertificates, oneLine } from "./certificates.ts";
import { CheckFailure, StrangerFailure } from "./checks.ts";
import { checkEcdsaSignature } from "./der.ts";
import { verifyKeyless } from "./keyless.ts";
import { curveOf, curves, keyFingerprint, verifyBytes } from "./keys.ts";
import { pae } from "./pae.ts";
import type { Trust } from "./Trust.ts";

/** Who made a bundle, as far as the receiver's trust reaches. */
export interface Signer {
  readonly kind: "key" | "certificate" | "identity";
  /** For people: a publisher, a certificate's subject, an e-mail address. */
  readonly name: string;
  /** SHA-256 of the key's PEM text; absent for identities, whose keys live for minutes. */
  readonly fingerprint?: string;
  readonly publisher?: string;
  readonly minVersion?: string;
  readonly issuer?: string;
  /** Candidates to verify the signature with. Empty for identities: their signature was verified with the log entry. */
  readonly keys: readonly KeyObject[];
}

/**
 * Find out who made a bundle (check 3).
 *
 * @param at the time at which certificates must be valid.
 * @throws CheckFailure or DataError if it is nobody the receiver trusts.
 */
export function matchSigner(bundle: Bundle, trust: Trust, at: Date): Signer {
  const { material } = bundle;
  if (trust.kind === "none") throw new CheckFailure("no key, certificate root or identity to check against");
  if (trust.kind === "keys") {
    if (material.kind !== "key") throw wrongKind("a public key", material.kind);
    return matchKey(material.hint, trust.keys);
  }
  if (trust.kind === "certificates") {
    if (material.kind !== "certificates") throw wrongKind("a certificate root", material.kind);
    const { path, key } = checkCertificates(material.certificates, trust.roots, at);
    return { kind: "certificate", name: oneLine(path[0].subject), fingerprint: keyFingerprint(key), keys: [key] };
  }
  if (material.kind !== "keyless") throw wrongKind("an identity", material.kind);
  verifyKeyless(bundle, trust.identity, trust.issuer, trust.trustedRoot);
  return { kind: "identity", name: trust.identity, issuer: trust.issuer, keys: [] };
}

function wrongKind(trusted: string, kind: Bundle["material"]["kind"]): StrangerFailure {
  const made = { key: "a key", certificates: "a certificate chain", keyless: "a keyless identity" }[kind];
  return new StrangerFailure(`wrong kind of signer: ${trusted} was given, but the seal was made with ${made}`);
}

function matchKey(hint: string | undefined, keys: Extract<Trust, { kind: "keys" }>["keys"]): Signer {
  if (keys.length === 0)
    throw new CheckFailure("no trusted key: give --key, or pin the publisher's key with retort trust add");
  const candidates = hint === undefined ? keys : keys.filter((key) => key.fingerprint === hint);
  if (candidates.length === 0) {
    const trusted = keys.map((key) => key.fingerprint.slice(0, 16)).join(", ");
    throw new StrangerFailure(
      `wrong key: the seal names key ${hint?.slice(0, 16)}…, trusted ${keys.length === 1 ? "is" : "are"} ${trusted}…`,
    );
  }
  const named = candidates.find((key) => key.publisher !== undefined);
  const [first] = candidates;
  // In the old layout the bundle names no key, so nothing is known about the signer before the signature fits.
  const known =
    candidates.length === 1
      ? { publisher: named?.publisher, minVersion: first.minVersion, fingerprint: first.fingerprint }
      : {};
  const minVersion = candidates.map((key) => key.minVersion).find((version) => version !== undefined);
  return {
    kind: "key",
    name: named?.publisher ?? `key ${first.fingerprint.slice(0, 16)}…`,
    fingerprint: first.fingerprint,
    publisher: named?.publisher,
    minVersion,
    ...known,
    keys: candidates.map((key) => key.key),
  };
}

/** Check the encoding of a bundle's signature against the signer's curve (check 4). @throws DataError. */
export function checkEncoding(bundle: Bundle, signer: Signer): string {
  if (signer.keys.length === 0) {
    checkEcdsaSignature("checkEncoding", bundle.signature, curves["P-521"].bytes);
    return "keyless";
  }
  const names = signer.keys.map((key) => curveOf(key));
  let failure: unknown;
  for (const name of names) {
    try {
      checkEcdsaSignature("checkEncoding", bundle.signature, curves[name].bytes);
      return `ECDSA ${name} with ${curves[name].hash.toUpperCase().replace("SHA", "SHA-")}, DER`;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/**
 * Verify a bundle's signature (check 5).
 *
 * @returns the key that fits; undefined for an identity.
 * @throws CheckFailure if none does.
 */
export function checkSignature(bundle: Bundle, signer: Signer): KeyObject | undefined {
  if (signer.keys.length === 0) return undefined;
  const signed = pae(bundle.payloadType, bundle.payload);
  for (const key of signer.keys) {
    try {
      if (verifyBytes(key, signed, bundle.signature)) return key;
    } catch (error) {
      if (!(error instanceof DataError) || signer.keys.length === 1) throw error;
    }
  }
  throw new CheckFailure("the signature does not fit: the signed statement was altered, or another key made it");
}

/** All three steps at once, for bundles beside the seal. @throws CheckFailure or DataError. */
export function authenticate(bundle: Bundle, trust: Trust, at: Date): Signer {
  const signer = matchSigner(bundle, trust, at);
  checkEncoding(bundle, signer);
  checkSignature(bundle, signer);
  return signer;
}

/** True if two bundles were made by the same signer. */
export function sameSigner(a: Signer, b: Signer): boolean {
  return (
    a.kind === b.kind &&
    a.fingerprint === b.fingerprint &&
    (a.kind !== "identity" || (a.name === b.name && a.issuer === b.issuer))
  );
}
