import { createHash, generateKeyPairSync, sign, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { loadCertificates } from "../../src/seal/certificates.ts";
import type { Folder } from "../../src/seal/Folder.ts";
import { signStatement } from "../../src/seal/signStatement.ts";
import { type Trust, trustKey } from "../../src/seal/Trust.ts";
import { type Verification, verifySeal } from "../../src/seal/verifySeal.ts";
import { type FakeSigstore, fakeSigstore } from "./fakeSigstore.ts";
import { bytes, type Files, failures, folder } from "./fixture.ts";

/**
 * Bundles as each version of the convention's own tool (model_signing of OpenSSF) writes them, built here from their description with
 * keys of our own: for a key, a certificate and an identity, of a folder and of a single file.
 */
const versions = ["0.3.1", "1.0.0", "1.0.1", "1.1.0"] as const;
const kinds = ["key", "certificate", "keyless"] as const;
const shapes = ["folder", "file"] as const;
type Version = (typeof versions)[number];
type Kind = (typeof kinds)[number];
type Shape = (typeof shapes)[number];

const name = "signme-1";
const data: Files = new Map([
  [name, bytes("signme-1\n")],
  ["signme-2", bytes("signme-2\n")],
]);
const issuer = "https://accounts.example.org";
const identity = "lab@example.org";
const sha256 = (content: Uint8Array | string) => createHash("sha256").update(content).digest("hex");

const pair = generateKeyPairSync("ec", { namedCurve: "P-384" });
const publicPem = pair.publicKey.export({ type: "spki", format: "pem" }) as string;
let services: FakeSigstore;
let chain: { rawBytes: string }[];
let root: string;

beforeAll(async () => {
  services = await fakeSigstore(issuer);
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const signingAlgorithm = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
  const keys = (await webcrypto.subtle.generateKey(signingAlgorithm, true, [
    "sign",
    "verify",
  ])) as unknown as CryptoKeyPair;
  const validity = { notBefore: new Date("2026-01-01"), notAfter: new Date("2036-01-01") };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: "CN=ca",
    keys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const publicKey = (await webcrypto.subtle.importKey(
    "spki",
    pair.publicKey.export({ type: "spki", format: "der" }),
    signingAlgorithm,
    true,
    ["verify"],
  )) as unknown as CryptoKey;
  const leaf = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: "CN=signer",
    issuer: ca.subject,
    publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm,
    extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)],
  });
  root = ca.toString("pem");
  chain = [leaf, ca].map((certificate) => ({ rawBytes: Buffer.from(certificate.rawData).toString("base64") }));
});
afterAll(() => services.close());

/** What the tool states. Up to 1.0.1 it leaves out which paths were ignored; a file it calls ".". */
function statementOf(version: Version, shape: Shape, change: object = {}) {
  const files = shape === "file" ? [[".", data.get(name)!] as const] : [...data];
  const resources = files.map(([file, content]) => ({ digest: sha256(content), algorithm: "sha256", name: file }));
  const git = [".gitignore", ".git", ".github", ".gitattributes"];
  return {
    subject: {
      name: shape === "file" ? name : "set",
      sha256: sha256(Buffer.concat(resources.map(({ digest }) => Buffer.from(digest, "hex")))),
    },
    predicateType: "https://model_signing/signature/v1.0",
    predicate: {
      serialization: {
        hash_type: "sha256",
        ...(version === "1.1.0" && { ignore_paths: shape === "file" ? git : [...git, "ignore-me", "model.sig"] }),
        allow_symlinks: false,
        method: "files",
      },
      resources,
      ...change,
    },
  };
}

async function bundleOf(version: Version, kind: Kind, shape: Shape, change: object = {}): Promise<string> {
  const statement = statementOf(version, shape, change);
  if (kind === "keyless") {
    const made = JSON.parse(
      await signStatement(statement, {
        kind: "keyless",
        identity: { getToken: async () => services.token(identity) },
        services: { fulcioUrl: services.url, rekorUrl: services.url },
      }),
    );
    for (const signature of made.dsseEnvelope.signatures) delete signature.keyid;
    made.verificationMaterial.timestampVerificationData ??= {};
    return JSON.stringify(made);
  }
  const { subject, predicateType, predicate } = statement;
  const stated = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: subject.name, digest: { sha256: subject.sha256 } }],
    predicateType,
    predicate,
  };
  const payload = Buffer.from(JSON.stringify(stated, null, 2));
  const type = "application/vnd.in-toto+json";
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  const current = version === "1.1.0";
  const material =
    kind === "certificate"
      ? { x509CertificateChain: { certificates: chain } }
      : current
        ? { publicKey: { hint: sha256(publicPem) } }
        : { publicKey: { rawBytes: Buffer.from(publicPem).toString("base64"), keyDetails: "PKIX_ECDSA_P384_SHA_384" } };
  return JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { ...material, ...(current && { tlogEntries: [] }) },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType: type,
      signatures: [{ sig: sign("sha384", signed, pair.privateKey).toString("base64"), keyid: current ? "" : null }],
    },
  });
}

function trustIn(kind: Kind): Trust {
  if (kind === "key") return { kind: "keys", keys: [trustKey(publicPem)] };
  if (kind === "certificate") return { kind: "certificates", roots: loadCertificates(root) };
  return { kind: "identity", identity, issuer, trustedRoot: services.trustedRoot };
}

/** One file as the command line hands it over, under any name. */
function lone(content: Uint8Array, called = name): Folder {
  return { ...folder(new Map([[called, content]]), called), folder: false };
}

const verify = (what: Folder, kind: Kind, signature: string, ignore: string[] = []): Promise<Verification> =>
  verifySeal(what, { trust: trustIn(kind), at: new Date(), signature: bytes(signature), ignore });

const messageOf = (found: Verification, id: string) => found.checks.find((check) => check.id === id)?.message;

describe.each(versions)("version %s", (version) => {
  describe.each(kinds)("%s", (kind) => {
    it("of a folder verifies, and shows every change", async () => {
      const signature = await bundleOf(version, kind, "folder");
      expect(failures(await verify(folder(data), kind, signature))).toEqual([]);
      expect((await verify(folder(data), kind, signature)).verified).toBe(true);
      const edited = folder(new Map([...data, ["signme-2", bytes("changed")]]));
      expect(failures(await verify(edited, kind, signature))).toEqual(["content"]);
      const more = folder(new Map([...data, ["ignore-me", bytes("not signed")]]));
      // Up to 1.0.1 the bundle does not say what was left out: the receiver has to.
      expect(failures(await verify(more, kind, signature))).toEqual(version === "1.1.0" ? [] : ["unsigned"]);
      expect(failures(await verify(more, kind, signature, ["ignore-me"]))).toEqual([]);
    });

    it("of a single file verifies for the file, under any name, and shows a change", async () => {
      const signature = await bundleOf(version, kind, "file");
      const found = await verify(lone(data.get(name)!), kind, signature);
      expect(failures(found)).toEqual([]);
      expect(found).toMatchObject({ verified: true, files: { signed: 1 } });
      expect(found.fingerprint).toBe(sha256(`${sha256(data.get(name)!)}  ${name}\n`));
      const renamed = await verify(lone(data.get(name)!, "other.pt"), kind, signature);
      expect(renamed.verified).toBe(true);
      expect(messageOf(renamed, "statement")).toContain('now "other.pt"');
      expect(failures(await verify(lone(bytes("changed")), kind, signature))).toEqual(["content"]);
    });

    it("of a single file verifies in a folder that holds it alone, and nothing beside it", async () => {
      const signature = await bundleOf(version, kind, "file");
      const alone: Files = new Map([[name, data.get(name)!]]);
      const within = (files: Files) => verify(folder(files), kind, signature);
      expect(failures(await within(new Map([...alone, ["model.sig", bytes(signature)]])))).toEqual([]);
      expect(failures(await within(data))).toEqual(["unsigned"]);
      expect(failures(await within(new Map([["else", data.get(name)!]])))).toContain("present");
    });

    it("of a folder does not verify one of its files", async () => {
      const found = await verify(lone(data.get(name)!), kind, await bundleOf(version, kind, "folder"));
      expect(failures(found)).toEqual(["present"]);
      expect(messageOf(found, "present")).toBe(
        "missing: signme-2; the seal covers a folder: verify the folder, not a file of it",
      );
    });

    it("by another signer is refused", async () => {
      const stranger: Trust =
        kind === "keyless"
          ? { kind: "identity", identity: "else@example.org", issuer, trustedRoot: services.trustedRoot }
          : { kind: "keys", keys: [trustKey(otherPem)] };
      const signature = bytes(await bundleOf(version, kind, "file"));
      const found = await verifySeal(lone(data.get(name)!), { trust: stranger, at: new Date(), signature });
      expect(found.verified).toBe(false);
    });
  });
});

const otherPem = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({
  type: "spki",
  format: "pem",
}) as string;

test.each([
  ["beside other files", { resources: [".", "a"].map((n) => ({ name: n, algorithm: "sha256", digest: sha256(n) })) }],
  ["twice", { resources: [".", "."].map((n) => ({ name: n, algorithm: "sha256", digest: sha256(n) })) }],
  ["with a path", { resources: [{ name: "./a", algorithm: "sha256", digest: sha256("a") }] }],
])('the name "." %s is refused', async (_, change) => {
  const found = await verify(folder(data), "key", await bundleOf("1.1.0", "key", "file", change));
  expect(failures(found)).toContain("resources");
});

test("bundles of version 0.2 are refused by name", async () => {
  const made = JSON.parse(await bundleOf("0.3.1", "key", "folder"));
  const subject = [...data].map(([file, content]) => ({
    name: file,
    digest: { sha256: sha256(content) },
    annotations: { actual_hash_algorithm: "file-sha256" },
  }));
  const payload = {
    _type: "https://in-toto.io/Statement/v1",
    subject,
    predicateType: "https://model_signing/Digests/v0.1",
    predicate: { unused: "Unused" },
  };
  made.dsseEnvelope.payload = Buffer.from(JSON.stringify(payload)).toString("base64");
  const found = await verify(folder(data), "key", JSON.stringify(made));
  expect(messageOf(found, "statement")).toContain("got one of version 0.2");
});
