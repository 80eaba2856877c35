import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { PublicKeyDetails } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { describe, expect, test } from "vitest";
import { setToSafetensors } from "../../src/data/formats/safetensors.ts";
import { bytes, classFolder, type Files, keyPair, sealed, tinySet, verifyFiles } from "./fixture.ts";

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

test("the key details that old bundles carry are names of the protocol", () => {
  expect(Object.keys(PublicKeyDetails)).toEqual(
    expect.arrayContaining(["PKIX_ECDSA_P256_SHA_256", "PKIX_ECDSA_P384_SHA_384", "PKIX_ECDSA_P521_SHA_512"]),
  );
});
