import { DataError } from "../core/errors.ts";
import { asArray, asDigest, asFields, asText, decodeBase64, encodeBase64, exactFields, type Fields } from "./shape.ts";
import { parseStrictJson } from "./strictJson.ts";

export const bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** What a bundle says it was signed with. Nothing in it is trusted before it was compared with what the receiver trusts. */
export type Material =
  | { readonly kind: "key" /** Absent in the old layout. */; readonly hint?: string }
  | { readonly kind: "certificates" /** DER, leaf first. */; readonly certificates: readonly Uint8Array[] }
  | { readonly kind: "keyless" /** The verificationMaterial member as it came. */; readonly json: Fields };

/** A parsed bundle. `layout` is "old" for the form written up to version 1.0.1 of the convention's tool. */
export interface Bundle {
  readonly layout: "current" | "old";
  readonly material: Material;
  readonly payloadType: string;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The whole document, for the keyless verifier. */
  readonly json: unknown;
}

const who = "parseBundle";

/** Chosen: a manifest of two million files stays below this; JSON beyond it is an attack on memory. */
export const maxBundleBytes = 512 * 2 ** 20;

/**
 * Parse a bundle, the current layout or the old one.
 *
 * @throws DataError for anything else; version 0.1 and 0.2 bundles are refused by name.
 */
export function parseBundle(input: Uint8Array | string): Bundle {
  const json = parseStrictJson(who, input);
  const top = asFields(who, "bundle", json);
  checkMediaType(top.mediaType);
  exactFields(who, "bundle", top, ["mediaType", "verificationMaterial", "dsseEnvelope"]);
  const envelope = exactFields(who, "dsseEnvelope", top.dsseEnvelope, ["payload", "payloadType", "signatures"]);
  const signatures = asArray(who, "dsseEnvelope.signatures", envelope.signatures);
  if (signatures.length !== 1)
    throw new DataError(`${who}: invalid signatures: expected exactly 1, got ${signatures.length}`);
  const signature = exactFields(who, "signature", signatures[0], ["sig"], ["keyid"]);
  const { material, layout } = parseMaterial(top.verificationMaterial);
  checkKeyid(signature.keyid, material, layout);
  return {
    layout,
    material,
    payloadType: asText(who, "dsseEnvelope.payloadType", envelope.payloadType),
    payload: decodeBase64(who, "dsseEnvelope.payload", envelope.payload),
    signature: decodeBase64(who, "signature.sig", signature.sig),
    json,
  };
}

/** Always "": null in the old layout, and the tools for keyless signing leave it out. */
function checkKeyid(keyid: unknown, material: Material, layout: Bundle["layout"]): void {
  if (keyid === "" || (keyid === null && layout === "old") || (keyid === undefined && material.kind === "keyless"))
    return;
  throw new DataError(`${who}: invalid signature.keyid: expected "", got ${JSON.stringify(keyid) ?? "nothing"}`);
}

function checkMediaType(mediaType: unknown): void {
  if (mediaType === bundleMediaType) return;
  const old = typeof mediaType === "string" && /bundle.*(?:\.v|version=)(0\.[12])/.exec(mediaType)?.[1];
  if (old)
    throw new DataError(`${who}: unknown bundle version: expected v0.3, got v${old}; ask the publisher to sign again`);
  throw new DataError(
    `${who}: unknown mediaType: expected ${JSON.stringify(bundleMediaType)}, got ${JSON.stringify(mediaType) ?? "nothing"}`,
  );
}

function parseMaterial(value: unknown): { material: Material; layout: Bundle["layout"] } {
  const fields = asFields(who, "verificationMaterial", value);
  if (Object.hasOwn(fields, "publicKey")) return parseKeyMaterial(fields);
  if (Object.hasOwn(fields, "x509CertificateChain")) return parseChain(fields);
  if (Object.hasOwn(fields, "certificate")) return { material: parseKeyless(fields), layout: "current" };
  throw new DataError(`${who}: missing verificationMaterial: expected publicKey, x509CertificateChain or certificate`);
}

function parseKeyMaterial(fields: Fields): { material: Material; layout: Bundle["layout"] } {
  const key = asFields(who, "publicKey", fields.publicKey);
  if (Object.hasOwn(key, "rawBytes")) {
    // The old layout carries the key itself. It is never used: a key found beside the data proves nothing.
    exactFields(who, "verificationMaterial", fields, ["publicKey"], ["tlogEntries"]);
    exactFields(who, "publicKey", key, ["rawBytes"], ["keyDetails"]);
    asText(who, "publicKey.rawBytes", key.rawBytes);
    noLogEntries(fields.tlogEntries ?? []);
    return { material: { kind: "key" }, layout: "old" };
  }
  exactFields(who, "verificationMaterial", fields, ["publicKey", "tlogEntries"]);
  exactFields(who, "publicKey", key, ["hint"]);
  noLogEntries(fields.tlogEntries);
  return { material: { kind: "key", hint: asDigest(who, "publicKey.hint", key.hint) }, layout: "current" };
}

function parseChain(fields: Fields): { material: Material; layout: Bundle["layout"] } {
  exactFields(who, "verificationMaterial", fields, ["x509CertificateChain"], ["tlogEntries"]);
  const chain = exactFields(who, "x509CertificateChain", fields.x509CertificateChain, ["certificates"]);
  const certificates = asArray(who, "certificates", chain.certificates).map((item) =>
    decodeBase64(who, "certificate.rawBytes", exactFields(who, "certificate", item, ["rawBytes"]).rawBytes),
  );
  if (certificates.length === 0) throw new DataError(`${who}: missing certificate: expected at least the leaf`);
  if (certificates.length > 16) throw new DataError(`${who}: invalid certificates: expected at most 16`);
  noLogEntries(fields.tlogEntries ?? []);
  return { material: { kind: "certificates", certificates }, layout: "tlogEntries" in fields ? "current" : "old" };
}

function noLogEntries(value: unknown): void {
  if (asArray(who, "tlogEntries", value).length > 0)
    throw new DataError(`${who}: invalid tlogEntries: expected none beside a key or certificate chain`);
}

function parseKeyless(fields: Fields): Material {
  exactFields(who, "verificationMaterial", fields, ["certificate", "tlogEntries"], ["timestampVerificationData"]);
  const certificate = exactFields(who, "certificate", fields.certificate, ["rawBytes"]);
  decodeBase64(who, "certificate.rawBytes", certificate.rawBytes);
  const entries = asArray(who, "tlogEntries", fields.tlogEntries);
  if (entries.length === 0)
    throw new DataError(`${who}: missing tlogEntries: expected at least 1 beside a certificate`);
  for (const entry of entries) checkLogEntry(entry);
  if (fields.timestampVerificationData !== undefined) {
    const stamps = exactFields(
      who,
      "timestampVerificationData",
      fields.timestampVerificationData,
      [],
      ["rfc3161Timestamps"],
    );
    for (const stamp of asArray(who, "rfc3161Timestamps", stamps.rfc3161Timestamps ?? []))
      exactFields(who, "rfc3161Timestamp", stamp, ["signedTimestamp"]);
  }
  return { kind: "keyless", json: fields };
}

function checkLogEntry(value: unknown): void {
  const entry = exactFields(
    who,
    "tlogEntry",
    value,
    ["logId", "kindVersion", "canonicalizedBody"],
    // Protocol-buffer writers leave out what is zero or empty.
    ["logIndex", "integratedTime", "inclusionPromise", "inclusionProof"],
  );
  exactFields(who, "logId", entry.logId, ["keyId"]);
  exactFields(who, "kindVersion", entry.kindVersion, ["kind", "version"]);
  if (entry.inclusionPromise !== undefined)
    exactFields(who, "inclusionPromise", entry.inclusionPromise, ["signedEntryTimestamp"]);
  if (entry.inclusionProof === undefined) return;
  const names = ["rootHash", "treeSize", "checkpoint"];
  const proof = exactFields(who, "inclusionProof", entry.inclusionProof, names, ["logIndex", "hashes"]);
  exactFields(who, "checkpoint", proof.checkpoint, ["envelope"]);
}

/** Write a bundle around a signed payload: compact JSON, members in the convention's order, no final newline. */
export function writeBundle(
  material: { readonly hint: string } | { readonly certificates: readonly Uint8Array[] },
  payloadType: string,
  payload: Uint8Array,
  signature: Uint8Array,
): string {
  const signer =
    "hint" in material
      ? { publicKey: { hint: material.hint } }
      : {
          x509CertificateChain: {
            certificates: material.certificates.map((der) => ({ rawBytes: encodeBase64(der) })),
          },
        };
  return JSON.stringify({
    mediaType: bundleMediaType,
    verificationMaterial: { ...signer, tlogEntries: [] },
    dsseEnvelope: {
      payload: encodeBase64(payload),
      payloadType,
      signatures: [{ sig: encodeBase64(signature), keyid: "" }],
    },
  });
}
