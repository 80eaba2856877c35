import type { KeyObject, X509Certificate } from "node:crypto";
import { UsageError } from "../core/errors.ts";
import { keyFingerprint, loadPublicKey } from "./keys.ts";

/** A key that the receiver chose, by hand or by an earlier pin. */
export interface TrustedKey {
  readonly key: KeyObject;
  readonly fingerprint: string;
  /** Who the receiver says it belongs to. */
  readonly publisher?: string;
  /** Oldest version of a set that is accepted from this publisher. */
  readonly minVersion?: string;
}

/** Whom a receiver believes. Never made from anything that came with the data. */
export type Trust =
  | { readonly kind: "keys"; readonly keys: readonly TrustedKey[] }
  | { readonly kind: "certificates"; readonly roots: readonly X509Certificate[] }
  | {
      readonly kind: "identity";
      /** Exact subject alternative name: an e-mail address or a workflow's URL. */
      readonly identity: string;
      /** Exact URL of the service that vouched for the identity. */
      readonly issuer: string;
      /** Parsed trusted root file. */
      readonly trustedRoot: unknown;
    }
  | { readonly kind: "none" };

/**
 * Trust one public key given in PEM.
 *
 * @example
 * const trusted = trustKey(publicPem, "lab.example", "2.0.0");
 */
export function trustKey(pem: string, publisher?: string, minVersion?: string): TrustedKey {
  const key = loadPublicKey(pem);
  return { key, fingerprint: keyFingerprint(key), publisher, minVersion };
}

/** One line of the trust store. */
export interface Pin {
  readonly publisher: string;
  /** SHA-256 of the key's PEM text, hexadecimal. */
  readonly fingerprint: string;
  /** The key itself; without it `--key` must be given, and is compared with the fingerprint. */
  readonly publicKey?: string;
  readonly minVersion?: string;
}

/** What the user's trust file holds. */
export interface TrustStore {
  readonly version: 1;
  readonly pins: readonly Pin[];
}

export const emptyTrustStore: TrustStore = { version: 1, pins: [] };

/**
 * Parse the user's trust file.
 *
 * @throws UsageError if it is damaged, or if a stored key does not have the fingerprint beside it.
 */
export function parseTrustStore(text: string): TrustStore {
  let store: Partial<TrustStore>;
  try {
    store = JSON.parse(text) as Partial<TrustStore>;
  } catch (error) {
    throw new UsageError(`parseTrustStore: invalid trust file: ${(error as Error).message}`);
  }
  if (store?.version !== 1 || !Array.isArray(store.pins))
    throw new UsageError("parseTrustStore: invalid trust file: expected version 1 with pins");
  for (const pin of store.pins) checkPin(pin);
  return store as TrustStore;
}

function checkPin(pin: Pin): void {
  if (typeof pin?.publisher !== "string" || typeof pin.fingerprint !== "string")
    throw new UsageError("parseTrustStore: invalid pin: expected a publisher and a fingerprint");
  if (pin.publicKey !== undefined && trustKey(pin.publicKey).fingerprint !== pin.fingerprint)
    throw new UsageError(`parseTrustStore: invalid pin of ${pin.publisher}: expected the key to have its fingerprint`);
}

/** Add a pin; a second pin of the same key and publisher replaces the first. */
export function addPin(store: TrustStore, pin: Pin): TrustStore {
  checkPin(pin);
  const others = store.pins.filter((p) => p.publisher !== pin.publisher || p.fingerprint !== pin.fingerprint);
  return { version: 1, pins: [...others, pin] };
}

/**
 * Remove all pins of a publisher, or the one with this fingerprint (a prefix of at least 8 digits will do).
 *
 * @throws UsageError if nothing matches.
 */
export function removePin(store: TrustStore, what: string): TrustStore {
  const hex = normaliseFingerprint(what);
  const matches = (pin: Pin) => pin.publisher === what || (hex.length >= 8 && pin.fingerprint.startsWith(hex));
  const pins = store.pins.filter((pin) => !matches(pin));
  if (pins.length === store.pins.length) {
    const known = [...new Set(store.pins.map((pin) => pin.publisher))].sort().join(", ") || "none";
    throw new UsageError(
      `removePin: unknown publisher or fingerprint: expected one of ${known}, got ${JSON.stringify(what)}`,
    );
  }
  return { version: 1, pins };
}

/** The keys that a store vouches for, of one publisher or of all. */
export function pinnedKeys(store: TrustStore, publisher?: string): TrustedKey[] {
  return store.pins
    .filter((pin) => pin.publicKey !== undefined && (publisher === undefined || pin.publisher === publisher))
    .map((pin) => trustKey(pin.publicKey as string, pin.publisher, pin.minVersion));
}

/** "AB:CD …" or "sha256:abcd…" as bare lower-case hexadecimal digits. */
export function normaliseFingerprint(text: string): string {
  const hex = text
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, "")
    .replace(/[\s:]/g, "");
  return /^[0-9a-f]*$/.test(hex) ? hex : "";
}

/** A fingerprint in groups of four, for reading aloud and comparing. */
export function spellFingerprint(hex: string): string {
  return (hex.match(/.{1,4}/g) ?? []).join(" ");
}
