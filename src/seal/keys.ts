import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { DataError, UsageError } from "../core/errors.ts";
import { checkEcdsaSignature } from "./der.ts";

/** The three curves of the convention, each with the hash that goes with it. */
export const curves = {
  "P-256": { node: "prime256v1", hash: "sha256", bytes: 32, details: "PKIX_ECDSA_P256_SHA_256" },
  "P-384": { node: "secp384r1", hash: "sha384", bytes: 48, details: "PKIX_ECDSA_P384_SHA_384" },
  "P-521": { node: "secp521r1", hash: "sha512", bytes: 66, details: "PKIX_ECDSA_P521_SHA_512" },
} as const;

export type Curve = keyof typeof curves;

/**
 * Make a key pair: PKCS#8 PEM (encrypted if there is a passphrase) and SPKI PEM.
 *
 * @example
 * const { privatePem, publicPem } = generateKeys("P-256", passphrase);
 */
export function generateKeys(curve: Curve = "P-256", passphrase?: string): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curves[curve].node });
  const privatePem = privateKey.export({
    type: "pkcs8",
    format: "pem",
    ...(passphrase !== undefined && { cipher: "aes-256-cbc", passphrase }),
  });
  return { privatePem: privatePem.toString(), publicPem: publicPem(publicKey) };
}

/**
 * Read a private key in PEM.
 *
 * @throws UsageError if it is no private EC key on one of the three curves, or the passphrase is wrong or missing.
 * @example
 * const signer = loadPrivateKey(privatePem, passphrase);
 */
export function loadPrivateKey(pem: string, passphrase?: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    throw new UsageError("loadPrivateKey: invalid key: expected a private key in PEM (PKCS#8)");
  const encrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
  if (encrypted && passphrase === undefined)
    throw new UsageError("loadPrivateKey: missing passphrase: expected one, since the key is encrypted");
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch (error) {
    const reason = encrypted ? "the passphrase does not open it" : (error as Error).message;
    throw new UsageError(`loadPrivateKey: invalid key: ${reason}`);
  }
  curveOf(key);
  return key;
}

/**
 * Read a public key in PEM (SPKI).
 *
 * @throws UsageError if it is a private key or no EC key on one of the three curves.
 * @example
 * const publisher = loadPublicKey(publicPem);
 */
export function loadPublicKey(pem: string): KeyObject {
  if (pem.includes("PRIVATE KEY-----"))
    throw new UsageError(
      "loadPublicKey: invalid key: expected a public key, got a private one; it must stay with its owner",
    );
  if (!pem.includes("-----BEGIN PUBLIC KEY-----"))
    throw new UsageError("loadPublicKey: invalid key: expected a public key in PEM (SPKI)");
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new UsageError(`loadPublicKey: invalid key: ${(error as Error).message}`);
  }
  curveOf(key);
  return key;
}

/** @throws UsageError that names the curve or key type unless it is P-256, P-384 or P-521. */
export function curveOf(key: KeyObject): Curve {
  const named = key.asymmetricKeyDetails?.namedCurve;
  for (const [name, curve] of Object.entries(curves))
    if (key.asymmetricKeyType === "ec" && curve.node === named) return name as Curve;
  const got = key.asymmetricKeyType === "ec" ? (named ?? "explicit parameters") : key.asymmetricKeyType;
  throw new UsageError(`curveOf: unknown curve: expected one of ${Object.keys(curves).join(", ")}, got ${got}`);
}

/** The exact PEM text (64 columns, LF, final newline) that fingerprints are taken of. */
export function publicPem(key: KeyObject): string {
  const spki = key.type === "private" ? createPublicKey(key) : key;
  return spki.export({ type: "spki", format: "pem" }).toString();
}

/**
 * SHA-256 of the key's PEM text: the bundle's hint, and what people compare and pin.
 *
 * @example
 * console.log(keyFingerprint(loadPublicKey(publicPem)));
 */
export function keyFingerprint(key: KeyObject): string {
  return createHash("sha256").update(publicPem(key)).digest("hex");
}

/** ECDSA over `bytes` with the hash of the key's curve, DER. */
export function signBytes(key: KeyObject, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(curves[curveOf(key)].hash, bytes, key));
}

/**
 * Verify an ECDSA signature with the hash of the key's curve.
 *
 * @throws DataError if the signature is not one well-formed DER signature for the curve.
 */
export function verifyBytes(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  const curve = curves[curveOf(key)];
  checkEcdsaSignature("verifyBytes", signature, curve.bytes);
  try {
    return verify(curve.hash, bytes, key, signature);
  } catch (error) {
    throw new DataError(`verifyBytes: invalid signature: ${(error as Error).message}`);
  }
}
