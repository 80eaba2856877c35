import { type BundleLatest, bundleFromJSON, bundleToJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import type { IdentityProvider } from "@sigstore/sign";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { DataError, UsageError } from "../core/errors.ts";
import type { Bundle } from "./bundle.ts";
import { asFields } from "./shape.ts";
import { inTotoPayloadType } from "./statement.ts";

/** Where keyless signing takes place. Defaults: the public instance of the sigstore project. */
export interface KeylessServices {
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
}

/**
 * Sign a statement with a short-lived certificate and record it in the public log.
 *
 * @param identity gives the identity token (an OpenID Connect JWT).
 * @returns a bundle as JSON text, in the layout of `writeBundle`.
 * @throws UsageError if a service refuses or cannot be reached.
 */
export async function signKeyless(
  payload: Uint8Array,
  identity: IdentityProvider,
  services: KeylessServices = {},
): Promise<string> {
  // Loaded here: it takes longer to load than all else, and hardly anybody signs so.
  const { DSSEBundleBuilder, FulcioSigner, RekorWitness } = await import("@sigstore/sign");
  const builder = new DSSEBundleBuilder({
    signer: new FulcioSigner({ fulcioBaseURL: services.fulcioUrl, identityProvider: identity }),
    witnesses: [new RekorWitness({ rekorBaseURL: services.rekorUrl, entryType: "dsse" })],
    certificateChain: false,
  });
  try {
    const bundle = await builder.create({ data: Buffer.from(payload), type: inTotoPayloadType });
    return normalise(bundleToJSON(bundle));
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause;
    const reason = cause instanceof Error ? `${(error as Error).message} (${cause.message})` : (error as Error).message;
    throw new UsageError(`signKeyless: failed signing: ${reason}; check the network and the identity token`);
  }
}

/** Write the members that readers insist on, and leave out what is empty. */
function normalise(json: unknown): string {
  const { mediaType, verificationMaterial, dsseEnvelope } = json as Record<string, Record<string, unknown>>;
  const stamps = verificationMaterial.timestampVerificationData as { rfc3161Timestamps?: unknown[] } | undefined;
  const [signature] = dsseEnvelope.signatures as { sig: string }[];
  return JSON.stringify({
    mediaType,
    verificationMaterial: {
      certificate: verificationMaterial.certificate,
      tlogEntries: verificationMaterial.tlogEntries,
      ...(stamps?.rfc3161Timestamps?.length && { timestampVerificationData: stamps }),
    },
    dsseEnvelope: {
      payload: dsseEnvelope.payload,
      payloadType: dsseEnvelope.payloadType,
      signatures: [{ sig: signature.sig, keyid: "" }],
    },
  });
}

/**
 * Verify a keyless bundle offline: certificate chain and its log, signature, entry in the transparency log, identity.
 *
 * @param identity exact subject alternative name.
 * @param issuer exact URL of the identity provider.
 * @throws DataError that says which part does not fit.
 */
export function verifyKeyless(bundle: Bundle, identity: string, issuer: string, trustedRoot: unknown): void {
  const root = loadTrustedRoot(trustedRoot);
  try {
    const parsed = bundleFromJSON(bundle.json) as BundleLatest;
    new Verifier(toTrustMaterial(root)).verify(toSignedEntity(parsed), {
      // The library takes a pattern; what the receiver gave is a name.
      subjectAlternativeName: `^${identity.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$`,
      extensions: { issuer },
    });
  } catch (error) {
    throw new DataError(`verifyKeyless: invalid seal: ${(error as Error).message}`);
  }
}

/** @throws UsageError if the file is no trusted root. */
export function loadTrustedRoot(json: unknown): TrustedRoot {
  try {
    const fields = asFields("loadTrustedRoot", "trusted root", json);
    if (typeof fields.mediaType !== "string" || !fields.mediaType.includes("trustedroot"))
      throw new Error("wrong mediaType");
    return TrustedRoot.fromJSON(json);
  } catch (error) {
    throw new UsageError(
      `loadTrustedRoot: invalid trusted root: expected a sigstore trusted root file (${(error as Error).message})`,
    );
  }
}
