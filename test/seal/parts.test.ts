import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { memoryFolder } from "../../src/formats/memorySource.ts";
import { parseBundle } from "../../src/seal/bundle.ts";
import { checkEcdsaSignature } from "../../src/seal/der.ts";
import { folderOf } from "../../src/seal/Folder.ts";
import { generateKeys, loadPrivateKey, loadPublicKey, signBytes, verifyBytes } from "../../src/seal/keys.ts";
import { comparePaths } from "../../src/seal/paths.ts";
import { verificationJunit } from "../../src/seal/verificationJunit.ts";
import { failedSarif, verificationSarif } from "../../src/seal/verificationSarif.ts";
import { verifySeal } from "../../src/seal/verifySeal.ts";
import { compareVersions, givenVersion } from "../../src/seal/versions.ts";
import { bytes, classFolder, folder, keyPair, sealed } from "./fixture.ts";
import { checkSarif } from "./sarifRules.ts";

describe("comparePaths", () => {
  test("goes by components, then code points", () => {
    const names = ["a/b", "a", "a-b", "0/1.png", "0-1.png", "1/\u{1f600}", "1/\uffee", "1/é", "10/x", "2/x", "a/b/c"];
    expect([...names].sort(comparePaths)).toEqual([
      "0/1.png",
      "0-1.png",
      "1/é",
      "1/\uffee",
      "1/\u{1f600}",
      "10/x",
      "2/x",
      "a",
      "a/b",
      "a/b/c",
      "a-b",
    ]);
  });

  test("is the order of UTF-8 bytes within components, for any text", () => {
    const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }).filter((text) => !text.includes("/"));
    fc.assert(
      fc.property(
        part,
        part,
        (a, b) => Math.sign(comparePaths(a, b)) === Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
      ),
    );
  });
});

test("compareVersions: semantic versions, pre-releases before releases; of nothing else anything follows", () => {
  const ordered = ["0.9.0", "1.0.0-alpha", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.2.0", "1.10.0", "2.0.0"];
  for (const [i, a] of ordered.entries())
    for (const [j, b] of ordered.entries())
      expect(Math.sign(compareVersions(a, b) as number), `${a} ${b}`).toBe(Math.sign(i - j));
  expect(compareVersions("v1.0.0", "1.0.0+build")).toBe(0);
  for (const none of ["banana", "1.0", "2", "2026-05-04", "1.0.0.0", "", "1.0.0 ", "01.0.0"])
    expect(compareVersions(none, "1.0.0"), none).toBe(undefined);
});

test.each(["banana", "1.0", "v1.0.0", "=1.0.0", "2026-05-04", "", " 1.0.0", "1.0.0-", "latest"])(
  "a person cannot give %j as a version",
  (text) => {
    expect(() => givenVersion(text, "seal", "--release")).toThrow(
      `seal: invalid --release: expected a semantic version such as 1.2.0 or 2.0.0-rc.1, got ${JSON.stringify(text)}`,
    );
  },
);

describe("keys", () => {
  test.each(["P-256", "P-384", "P-521"] as const)("%s signs and verifies; signatures are strict DER", (curve) => {
    const { privatePem, publicPem } = generateKeys(curve);
    const [secret, open] = [loadPrivateKey(privatePem), loadPublicKey(publicPem)];
    for (let i = 0; i < 40; i++) {
      const message = bytes(`message ${i}`);
      const signature = signBytes(secret, message);
      expect(verifyBytes(open, message, signature)).toBe(true);
      expect(verifyBytes(open, bytes("other"), signature)).toBe(false);
    }
  });

  test("other keys are refused by name", () => {
    for (const text of ["", "key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
      expect(() => loadPublicKey(text)).toThrow(/loadPublicKey/);
    // Ed25519, generated once; the curve is not one of the convention's.
    const ed25519 =
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    expect(() => loadPublicKey(ed25519)).toThrow(/expected one of P-256, P-384, P-521, got ed25519/);
  });

  test("arbitrary bytes are no signature, or one that does not fit", () => {
    const { publicPem } = generateKeys();
    const key = loadPublicKey(publicPem);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (signature) => {
        try {
          checkEcdsaSignature("test", signature, 32);
          return verifyBytes(key, bytes("x"), signature) === false;
        } catch (error) {
          return error instanceof DataError;
        }
      }),
    );
  });
});

describe("arbitrary seals", () => {
  const { trusted } = keyPair();
  const check = async (seal: Uint8Array | string) => {
    const files = new Map([
      ["a", bytes("a")],
      ["model.sig", typeof seal === "string" ? bytes(seal) : seal],
    ]);
    const found = await verifySeal(folderOf(memoryFolder(files)), {
      trust: { kind: "keys", keys: [trusted] },
      at: new Date(),
    });
    return !found.verified;
  };

  test("bytes, JSON and nearly right bundles never verify and never crash", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), check), { numRuns: 300 });
    await fc.assert(fc.asyncProperty(fc.json(), check), { numRuns: 300 });
    const leaf = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.base64String(), fc.constant(""), fc.constant([]));
    const shape = fc.record({
      mediaType: fc.constant("application/vnd.dev.sigstore.bundle.v0.3+json"),
      verificationMaterial: fc.oneof(
        leaf,
        fc.record({ publicKey: fc.oneof(leaf, fc.record({ hint: leaf })), tlogEntries: leaf }),
        fc.record({ certificate: fc.record({ rawBytes: leaf }), tlogEntries: fc.array(leaf) }),
        fc.record({
          x509CertificateChain: fc.record({ certificates: fc.array(fc.record({ rawBytes: fc.base64String() })) }),
          tlogEntries: fc.constant([]),
        }),
      ),
      dsseEnvelope: fc.oneof(
        leaf,
        fc.record({ payload: leaf, payloadType: leaf, signatures: fc.array(fc.record({ sig: leaf, keyid: leaf })) }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(shape, (value) => check(JSON.stringify(value))),
      { numRuns: 500 },
    );
  });

  test("parseBundle gives a bundle or a DataError", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseBundle(text);
          return false;
        } catch (error) {
          return error instanceof DataError;
        }
      }),
    );
  });
});

describe("reports", () => {
  test("hold for any name: JUnit stays XML, SARIF stays JSON with valid references", async () => {
    const { sealer, trusted } = keyPair();
    const files = await sealed(classFolder(), sealer);
    files.set('<&"\u0001\ud800> %.png', bytes("x"));
    const found = await verifySeal(folder(files), { trust: { kind: "keys", keys: [trusted] }, at: new Date() });
    expect(found.verified).toBe(false);
    const xml = verificationJunit(found);
    expect(xml).toContain("&lt;&amp;&quot;\ufffd\ufffd&gt; %.png");
    expect(xml.match(/<testcase /g)).toHaveLength(16);
    const document = verificationSarif(found, { path: "sets/a b", single: false }, "0.1.0");
    checkSarif(document);
    const [{ tool, results }] = JSON.parse(document).runs;
    expect(tool.driver.rules).toHaveLength(16);
    expect(results.length).toBeGreaterThan(0);
    // The same finding has the same fingerprint tomorrow, whatever the version of the tool.
    const again = JSON.parse(verificationSarif(found, { path: "sets/a b", single: false }, "0.2.0")).runs[0].results;
    expect(again).toEqual(results);
    checkSarif(failedSarif("retort: missing path", { path: "sets", single: false }, "0.1.0"));
  });
});
