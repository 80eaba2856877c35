import { createPublicKey, webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { bundleFromJSON } from "@sigstore/bundle";
import { PublicKeyDetails } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { describe, expect, test } from "vitest";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { loadCertificates } from "../../src/seal/certificates.ts";
import { verifySeal } from "../../src/seal/verifySeal.ts";
import { bytes, classFolder, type Files, failures, folder, keyPair, sealed, tinySet, verifyFiles } from "./fixture.ts";

/** Sets of the three kinds that are published; contents matter to nobody but the hash here. */
const kinds: Readonly<Record<string, () => Files>> = {
  "class folder": classFolder,
  ".pt": () => new Map([["res_DC_CIFAR10_ConvNet_1ipc.pt", bytes("PK\u0003\u0004 stands for a PyTorch file")]]),
  safetensors: () => new Map([["set.safetensors", setToSafetensors(tinySet)]]),
};

/** Verify one bundle with the library of the sigstore project, which shares no code with Retort. */
function accepts(text: string, publicPem: string): void {
  const rawBytes = createPublicKey(publicPem).export({ type: "spki", format: "der" });
  const material = toTrustMaterial(
    { mediaType: "", tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] },
    () => ({ publicKey: createPublicKey({ key: rawBytes, format: "der", type: "spki" }), validFor: () => true }),
  );
  const options = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
  new Verifier(material, options).verify(toSignedEntity(bundleFromJSON(JSON.parse(text))));
}

describe.each(Object.keys(kinds))("seals of a %s", (kind) => {
  test("P-256 bundles are accepted by @sigstore/verify, and refused after a change", async () => {
    const { sealer, publicPem } = keyPair();
    const files = await sealed(kinds[kind](), sealer);
    for (const name of ["model.sig", "retort.provenance.json", "retort.tensors.json"]) {
      const text = new TextDecoder().decode(files.get(name));
      accepts(text, publicPem);
      const bundle = JSON.parse(text);
      bundle.dsseEnvelope.payload = Buffer.from(`${Buffer.from(bundle.dsseEnvelope.payload, "base64")} `).toString(
        "base64",
      );
      expect(() => accepts(JSON.stringify(bundle), publicPem)).toThrow();
      expect(() => accepts(text, keyPair().publicPem)).toThrow();
    }
  });

  test.each(["P-256", "P-384", "P-521"] as const)("%s bundles verify", async (curve) => {
    const { sealer, trusted } = keyPair(curve);
    expect((await verifyFiles(await sealed(kinds[kind](), sealer), trusted)).verified).toBe(true);
  });
});

test("a seal with a certificate chain verifies against its root, and only with the certificate's own key", async () => {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const caKeys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as unknown as CryptoKeyPair;
  const [notBefore, notAfter] = [new Date("2026-01-01"), new Date("2027-01-01")];
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=root",
    keys: caKeys,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const { sealer, publicPem } = keyPair();
  if (sealer.kind !== "key") throw new Error("expected a key");
  const issue = (flags: x509.KeyUsageFlags) =>
    x509.X509CertificateGenerator.create({
      subject: "CN=Example Lab",
      issuer: root.subject,
      publicKey: new x509.PublicKey(publicPem),
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      notBefore,
      notAfter,
      extensions: [new x509.KeyUsagesExtension(flags, true)],
    });
  const chain = [new X509Certificate((await issue(x509.KeyUsageFlags.digitalSignature)).toString("pem"))];
  const files = await sealed(classFolder(), { kind: "certificates", key: sealer.key, chain });
  const trust = { kind: "certificates" as const, roots: loadCertificates(root.toString("pem")) };
  const verify = (at: string) => verifySeal(folder(files), { trust, at: new Date(at) });
  expect(await verify("2026-06-01")).toMatchObject({
    verified: true,
    signer: { kind: "certificate", name: "CN=Example Lab" },
  });
  expect(failures(await verify("2027-06-01"))).toContain("signer");
  expect(failures(await verify("2025-06-01"))).toContain("signer");
  const other = keyPair().sealer;
  if (other.kind !== "key") throw new Error("expected a key");
  await expect(sealed(classFolder(), { kind: "certificates", key: other.key, chain })).rejects.toThrow(
    /belong to the key/,
  );
  const useless = [new X509Certificate((await issue(x509.KeyUsageFlags.keyAgreement)).toString("pem"))];
  await expect(sealed(classFolder(), { kind: "certificates", key: sealer.key, chain: useless })).rejects.toThrow(
    /digitalSignature/,
  );
});

test("the key details that old bundles carry are names of the protocol", () => {
  expect(Object.keys(PublicKeyDetails)).toEqual(
    expect.arrayContaining(["PKIX_ECDSA_P256_SHA_256", "PKIX_ECDSA_P384_SHA_384", "PKIX_ECDSA_P521_SHA_512"]),
  );
});
