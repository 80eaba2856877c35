import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oidcLogin } from "../../src/cli/steps/oidcLogin.ts";
import type { Trust } from "../../src/seal/Trust.ts";
import { verifySeal } from "../../src/seal/verifySeal.ts";
import { type FakeSigstore, fakeSigstore } from "./fakeSigstore.ts";
import { bytes, classFolder, type Files, failures, folder, sealed } from "./fixture.ts";

const issuer = "https://accounts.example.org";
const identity = "lab@example.org";
let services: FakeSigstore;
let files: Files;

async function sealedBy(email: string): Promise<Files> {
  const options = { fulcioUrl: services.url, rekorUrl: services.url };
  return sealed(classFolder(), {
    kind: "keyless",
    identity: { getToken: async () => services.token(email) },
    services: options,
  });
}

function trust(change: Partial<Extract<Trust, { kind: "identity" }>> = {}): Trust {
  return { kind: "identity", identity, issuer, trustedRoot: services.trustedRoot, ...change };
}

const verify = (sealedFiles: Files, who: Trust) => verifySeal(folder(sealedFiles), { trust: who, at: new Date() });

beforeAll(async () => {
  services = await fakeSigstore(issuer);
  files = await sealedBy(identity);
});
afterAll(() => services.close());

describe("keyless seals, against services on loopback", () => {
  test("verify offline with identity, issuer and trusted root", async () => {
    const found = await verify(files, trust());
    expect(failures(found)).toEqual([]);
    expect(found.verified).toBe(true);
    expect(found.signer).toMatchObject({ kind: "identity", name: identity, issuer });
    expect(found.attestations).toHaveLength(2);
  });

  test.each([
    ["another identity", { identity: "else@example.org" }],
    ["part of the identity", { identity: "lab@example" }],
    ["a pattern that would match", { identity: "lab.example\\.org" }],
    ["a longer identity", { identity: `x${identity}` }],
    ["another issuer", { issuer: "https://accounts.example.com" }],
  ])("%s is refused", async (_, change) => {
    expect(failures(await verify(files, trust(change)))).toContain("signer");
  });

  test("another root is refused", async () => {
    const other = await fakeSigstore(issuer);
    expect(failures(await verify(files, trust({ trustedRoot: other.trustedRoot })))).toContain("signer");
    await other.close();
  });

  test("somebody else's seal is refused, also for the attestations", async () => {
    const theirs = await sealedBy("mallory@example.org");
    expect(failures(await verify(theirs, trust()))).toContain("signer");
    const mixed = new Map(files).set("retort.tensors.json", theirs.get("retort.tensors.json") as Uint8Array);
    expect(failures(await verify(mixed, trust()))).toContain("attestations");
  });

  test("a changed image, a changed statement, a log entry of another statement are refused", async () => {
    const changed = new Map(files).set("0/0.png", bytes("backdoored"));
    expect(failures(await verify(changed, trust()))).toEqual(["content"]);
    const parse = (source: Files) => JSON.parse(new TextDecoder().decode(source.get("model.sig")));
    const restated = parse(files);
    restated.dsseEnvelope.payload = Buffer.from(
      Buffer.from(restated.dsseEnvelope.payload, "base64").toString().replace("0/0.png", "0/9.png"),
    ).toString("base64");
    expect(failures(await verify(new Map(files).set("model.sig", bytes(JSON.stringify(restated))), trust()))).toContain(
      "signer",
    );
    const swapped = parse(files);
    swapped.verificationMaterial.tlogEntries = parse(await sealedBy(identity)).verificationMaterial.tlogEntries;
    expect(failures(await verify(new Map(files).set("model.sig", bytes(JSON.stringify(swapped))), trust()))).toContain(
      "signer",
    );
  });

  test("a key or a root certificate does not verify it", async () => {
    expect(failures(await verify(files, { kind: "certificates", roots: [] }))).toContain("signer");
  });

  test("a service that refuses or is not there gives one clear error", async () => {
    const dead = { fulcioUrl: "http://127.0.0.1:9", rekorUrl: "http://127.0.0.1:9" };
    const identityProvider = { getToken: async () => services.token(identity) };
    await expect(
      sealed(classFolder(), { kind: "keyless", identity: identityProvider, services: dead }),
    ).rejects.toThrow(/signKeyless: failed signing/);
  });
});

test("the login in the browser: code with proof of possession, nonce checked", async () => {
  const login = { issuer: services.url, clientId: "sigstore", signal: new AbortController().signal };
  const token = await oidcLogin({ ...login, show: (url) => void fetch(url) });
  expect(JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString()).email).toBe("someone@example.org");
  const aborted = new AbortController();
  await expect(
    oidcLogin({ ...login, signal: aborted.signal, show: () => aborted.abort(new Error("stopped")) }),
  ).rejects.toThrow("stopped");
});
