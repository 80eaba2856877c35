import { describe, expect, test } from "vitest";
import { keyFingerprint, loadPrivateKey, signBytes } from "../../src/seal/keys.ts";
import { pae } from "../../src/seal/pae.ts";
import { verifySeal } from "../../src/seal/verifySeal.ts";
import { bytes, classFolder, type Files, failures, folder, keyPair, sealed, verifyFiles } from "./fixture.ts";
import { mutations } from "./mutations.ts";

const { sealer, trusted } = keyPair();
const original = await sealed(classFolder().set("5/é.png", bytes("composed")), sealer);

describe("mutations of a sealed folder", () => {
  test("the untouched folder verifies, under another name too", async () => {
    expect(failures(await verifyFiles(original, trusted))).toEqual([]);
    expect((await verifyFiles(original, trusted)).verified).toBe(true);
    expect((await verifyFiles(original, trusted, "downloaded (1)")).verified).toBe(true);
  });

  test("all are detected, none crashes", async () => {
    const missed: string[] = [];
    let count = 0;
    for (const mutation of mutations(original)) {
      const changed = mutation.apply(original);
      if (!changed) continue;
      count++;
      const untrusted = { ...folder(changed), links: mutation.links ?? [] };
      const found = await verifySeal(untrusted, {
        trust: { kind: "keys", keys: [trusted] },
        at: new Date("2026-06-01"),
      });
      if (found.verified || failures(found).length === 0) missed.push(mutation.name);
    }
    expect(missed).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(500);
  });
});

describe("mutations inside the bundle", () => {
  interface Json {
    [name: string]: unknown;
  }
  const parse = (files: Files, name = "model.sig") => JSON.parse(new TextDecoder().decode(files.get(name))) as Json;
  const envelopeOf = (bundle: Json) =>
    bundle.dsseEnvelope as { payload: string; payloadType: string; signatures: { sig: string }[] };
  const statementOf = (bundle: Json) => JSON.parse(Buffer.from(envelopeOf(bundle).payload, "base64").toString());
  const withBundle = (bundle: Json) => new Map(original).set("model.sig", bytes(JSON.stringify(bundle)));

  /** Change the signed statement without the publisher's key. */
  function restate(
    change: (statement: { predicate: { resources: { name: string; digest: string }[]; serialization: Json } }) => void,
  ): Files {
    const bundle = parse(original);
    const statement = statementOf(bundle);
    change(statement);
    envelopeOf(bundle).payload = Buffer.from(JSON.stringify(statement)).toString("base64");
    return withBundle(bundle);
  }

  test.each([
    ["re-order the manifest", (s) => s.predicate.resources.reverse()],
    [
      "swap two names",
      (s) =>
        ([s.predicate.resources[1].name, s.predicate.resources[2].name] = [
          s.predicate.resources[2].name,
          s.predicate.resources[1].name,
        ]),
    ],
    ["drop a resource", (s) => s.predicate.resources.pop()],
    ["ignore a class", (s) => (s.predicate.serialization.ignore_paths as string[]).push("0")],
    ["allow links", (s) => Object.assign(s.predicate.serialization, { allow_symlinks: true })],
  ] as [string, Parameters<typeof restate>[0]][])("%s: the signature no longer fits", async (_, change) => {
    expect(failures(await verifyFiles(restate(change), trusted))).toContain("signature");
  });

  test("replace the key: re-signed by the attacker, with his hint or the publisher's", async () => {
    const attacker = keyPair();
    const changed = new Map(classFolder()).set("0/0.png", bytes("backdoored"));
    const forged = await sealed(changed, attacker.sealer);
    expect(failures(await verifyFiles(forged, trusted))).toContain("signer");
    const bundle = parse(forged);
    bundle.verificationMaterial = { publicKey: { hint: trusted.fingerprint }, tlogEntries: [] };
    const files = new Map(forged).set("model.sig", bytes(JSON.stringify(bundle)));
    expect(failures(await verifyFiles(files, trusted))).toContain("signature");
    // The attacker's key lies beside the data: it changes nothing.
    expect((await verifyFiles(new Map(forged).set("publisher.pub", bytes(attacker.publicPem)), trusted)).verified).toBe(
      false,
    );
  });

  test("downgrade: the old layout without ignored paths, the old bundle versions, the old predicate", async () => {
    const old = parse(original);
    old.verificationMaterial = { publicKey: { rawBytes: "AAAA", keyDetails: "PKIX_ECDSA_P256_SHA_256" } };
    expect(failures(await verifyFiles(withBundle(old), trusted))).toContain("serialization");
    for (const version of ["0.1", "0.2"]) {
      const bundle = { ...parse(original), mediaType: `application/vnd.dev.sigstore.bundle+json;version=${version}` };
      expect(failures(await verifyFiles(withBundle(bundle), trusted))).toContain("bundle");
    }
  });

  test("strip: the signature, the seal, the provenance, the tensor digests", async () => {
    const stripped = parse(original);
    envelopeOf(stripped).signatures = [];
    expect(failures(await verifyFiles(withBundle(stripped), trusted))).toContain("bundle");
    for (const [name, id] of [
      ["model.sig", "bundle"],
      ["retort.provenance.json", "attestations"],
      ["retort.tensors.json", "attestations"],
    ]) {
      const files = new Map(original);
      files.delete(name);
      expect(failures(await verifyFiles(files, trusted))).toContain(id);
    }
  });

  test("mix: attestations of another seal, exchanged, or by another key", async () => {
    const other = await sealed(classFolder().set("0/0.png", bytes("other")), sealer);
    const stranger = await sealed(classFolder().set("5/é.png", bytes("composed")), keyPair().sealer);
    const take = (name: string, from: Files, source = name) =>
      new Map(original).set(name, from.get(source) as Uint8Array);
    for (const files of [
      take("retort.provenance.json", other),
      take("retort.tensors.json", other),
      take("retort.provenance.json", stranger),
      take("retort.tensors.json", original, "retort.provenance.json"),
      take("model.sig", other),
      take("model.sig", original, "retort.tensors.json"),
    ])
      expect((await verifyFiles(files, trusted)).verified).toBe(false);
  });

  test("the same seal in other JSON: Retort's own bundles have one spelling", async () => {
    const bundle = parse(original);
    for (const text of [
      JSON.stringify(bundle, null, 1),
      ` ${JSON.stringify(bundle)}`,
      JSON.stringify(Object.fromEntries(Object.entries(bundle).reverse())),
    ])
      expect(
        (await verifyFiles(new Map(original).set("model.sig", bytes(text)), trusted)).verified,
        text.slice(0, 20),
      ).toBe(
        // Another order of members is the same compact JSON to a reader, and binds the same content.
        text.startsWith('{"dsse'),
      );
  });

  test("a second valid signature by the same key is no tampering", async () => {
    const bundle = parse(original);
    const envelope = envelopeOf(bundle);
    if (sealer.kind !== "key") throw new Error("expected a key");
    envelope.signatures[0].sig = Buffer.from(
      signBytes(sealer.key, pae(envelope.payloadType, Buffer.from(envelope.payload, "base64"))),
    ).toString("base64");
    expect((await verifyFiles(withBundle(bundle), trusted)).verified).toBe(true);
    expect(keyFingerprint(sealer.key)).toBe(trusted.fingerprint);
  });
});

test("what is found is named: missing, changed, added, moved, exchanged, respelled", async () => {
  const files = new Map(original);
  const take = (name: string) => {
    const content = files.get(name) as Uint8Array;
    files.delete(name);
    return content;
  };
  files.set("8/0.png", take("1/0.png"));
  const [a, b] = [take("2/0.png"), take("3/0.png")];
  files.set("2/0.png", b).set("3/0.png", a);
  files.set("4/0.PNG", take("4/0.png"));
  take("6/0.png");
  files.set("extra.txt", bytes("extra"));
  files.set("9/1.png", bytes("changed"));
  files.set("8/1.png", bytes("x"));
  const found = await verifyFiles(files, trusted);
  expect(found.files.moved).toContainEqual({ from: "4/0.png", to: "4/0.PNG" });
  expect(found.files.respelled).toEqual([{ from: "4/0.png", to: "4/0.PNG" }]);
  expect(found.files.missing).toEqual(["1/0.png", "6/0.png"]);
  expect(found.files.added).toEqual(["extra.txt"]);
  expect(found.files.changed).toEqual(["2/0.png", "3/0.png", "8/0.png", "8/1.png", "9/1.png"]);
  expect(found.files.swapped).toContainEqual({ from: "3/0.png", to: "2/0.png" });
  expect(found.files.swapped).toContainEqual({ from: "1/0.png", to: "8/0.png" });
});

test("a private key is not taken for a public one", () => {
  const { privatePem } = keyPair();
  expect(() => loadPrivateKey(privatePem)).not.toThrow();
});
