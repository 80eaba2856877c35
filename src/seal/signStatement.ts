import type { KeyObject, X509Certificate } from "node:crypto";
import type { IdentityProvider } from "@sigstore/sign";
import { UsageError } from "../core/errors.ts";
import { writeBundle } from "./bundle.ts";
import { readUsage } from "./certificates.ts";
import { type KeylessServices, signKeyless } from "./keyless.ts";
import { keyFingerprint, publicPem, signBytes } from "./keys.ts";
import { pae } from "./pae.ts";
import { encodeStatement, inTotoPayloadType, type Statement } from "./statement.ts";

/** What a publisher signs with. */
export type Sealer =
  | { readonly kind: "key"; readonly key: KeyObject }
  | {
      readonly kind: "certificates";
      readonly key: KeyObject;
      /** Leaf first; the root may be left out. */
      readonly chain: readonly X509Certificate[];
    }
  | { readonly kind: "keyless"; readonly identity: IdentityProvider; readonly services?: KeylessServices };

/**
 * Sign a statement as a bundle.
 *
 * @returns compact JSON without a final newline.
 * @throws UsageError if the certificate does not belong to the key or may not sign.
 */
export async function signStatement(statement: Statement, sealer: Sealer): Promise<string> {
  const payload = encodeStatement(statement);
  if (sealer.kind === "keyless") return signKeyless(payload, sealer.identity, sealer.services);
  const material =
    sealer.kind === "key"
      ? { hint: keyFingerprint(sealer.key) }
      : { certificates: checkChain(sealer.key, sealer.chain).map((certificate) => new Uint8Array(certificate.raw)) };
  const signature = signBytes(sealer.key, pae(inTotoPayloadType, payload));
  return writeBundle(material, inTotoPayloadType, payload, signature);
}

function checkChain(key: KeyObject, chain: readonly X509Certificate[]): readonly X509Certificate[] {
  const [leaf] = chain;
  if (!leaf) throw new UsageError("signStatement: missing certificate: expected the signing certificate first");
  if (leaf.publicKey.export({ type: "spki", format: "pem" }) !== publicPem(key))
    throw new UsageError("signStatement: invalid certificate: expected the first one to belong to the key");
  if (!readUsage(leaf).keyUsage?.digitalSignature)
    throw new UsageError("signStatement: invalid certificate: expected key usage digitalSignature");
  return chain;
}
