import { createHash, generateKeyPairSync, type KeyObject, sign, webcrypto } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as x509 from "@peculiar/x509";
import { canonicalJson } from "../../src/core/hash.ts";
import { readDer } from "../../src/seal/der.ts";

x509.cryptoProvider.set(webcrypto as unknown as Crypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const issuerOids = ["1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8"];
const sctOid = "1.3.6.1.4.1.11129.2.4.2";

/** A log's key: what it signs with, and its name, the hash of its public key. */
interface Log {
  readonly key: KeyObject;
  readonly spki: Buffer;
  readonly id: Buffer;
}

/** Certificate authority, certificate log, transparency log and identity provider on loopback, with a root of their own. */
export interface FakeSigstore {
  readonly url: string;
  readonly trustedRoot: unknown;
  /** An identity token as the provider would give it. */
  token(email: string, nonce?: string): string;
  close(): Promise<void>;
}

/** Start the services. @param issuer what certificates name as issuer of the identity. */
export async function fakeSigstore(issuer: string): Promise<FakeSigstore> {
  const caKeys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=fake authority, O=test",
    keys: caKeys as unknown as CryptoKeyPair,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(
        caKeys.publicKey as unknown as CryptoKey,
        false,
        webcrypto as unknown as Crypto,
      ),
    ],
  });
  const [ctLog, tLog] = [makeLog(), makeLog()];
  const codes = new Map<string, { nonce: string; challenge: string }>();
  const token = (email: string, nonce?: string) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "none" })}.${part({ iss: issuer, sub: email, email, email_verified: true, aud: "sigstore", nonce })}.x`;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const send = (status: number, body: unknown) => {
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(JSON.stringify(body));
      };
      const body = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? "/", "http://localhost");
      answer(url, body).then(
        (value) =>
          value instanceof URL
            ? response.writeHead(302, { Location: value.href }).end()
            : send(value ? 201 : 404, value ?? {}),
        (error: Error) => send(400, { message: error.message }),
      );
    });
  });
  const answer = async (url: URL, body: string): Promise<unknown> => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (url.pathname === "/api/v2/signingCert")
      return issueCertificate(JSON.parse(body), ca, caKeys as unknown as CryptoKeyPair, ctLog, issuer);
    if (url.pathname === "/api/v1/log/entries") return logEntry(JSON.parse(body), tLog, "localhost");
    if (url.pathname.endsWith("openid-configuration"))
      return { authorization_endpoint: `${base}/login`, token_endpoint: `${base}/token` };
    if (url.pathname === "/login") {
      codes.set("code", {
        nonce: url.searchParams.get("nonce") ?? "",
        challenge: url.searchParams.get("code_challenge") ?? "",
      });
      const back = new URL(url.searchParams.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({ code: "code", state: url.searchParams.get("state") ?? "" }).toString();
      return back;
    }
    if (url.pathname !== "/token") return undefined;
    const form = new URLSearchParams(body);
    const asked = codes.get(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (!asked || asked.challenge !== challenge) throw new Error("wrong verifier");
    return { id_token: token("someone@example.org", asked.nonce) };
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trustedRoot: rootFile(ca, ctLog, tLog),
    token,
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function makeLog(): Log {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  return { key: privateKey, spki, id: createHash("sha256").update(spki).digest() };
}

/** Issue a short-lived certificate with a signed certificate timestamp inside (RFC 6962 §3). */
async function issueCertificate(
  request: {
    credentials: { oidcIdentityToken: string };
    publicKeyRequest: { publicKey: { content: string } };
  },
  ca: x509.X509Certificate,
  caKeys: CryptoKeyPair,
  ctLog: Log,
  issuer: string,
): Promise<unknown> {
  const claims = JSON.parse(Buffer.from(request.credentials.oidcIdentityToken.split(".")[1], "base64url").toString());
  const publicKey = new x509.PublicKey(request.publicKeyRequest.publicKey.content);
  const extensions = [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.codeSigning]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(ca),
    new x509.SubjectAlternativeNameExtension([{ type: "email", value: claims.email }], true),
    new x509.Extension(issuerOids[0], false, Buffer.from(issuer)),
    new x509.Extension(issuerOids[1], false, Buffer.concat([Buffer.from([12, issuer.length]), Buffer.from(issuer)])),
  ];
  // Both certificates of a pair must have the same dates.
  const now = Math.floor(Date.now() / 1000) * 1000;
  const make = (more: x509.Extension[]) =>
    x509.X509CertificateGenerator.create({
      serialNumber: "01020304",
      subject: "",
      issuer: ca.subject,
      notBefore: new Date(now - 1000),
      notAfter: new Date(now + 600_000),
      publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [...extensions, ...more],
    });
  const bare = await make([]);
  const leaf = await make([new x509.Extension(sctOid, false, new Uint8Array(timestampExtension(bare, ca, ctLog)))]);
  return { signedCertificateEmbeddedSct: { chain: { certificates: [leaf.toString("pem"), ca.toString("pem")] } } };
}

function timestampExtension(bare: x509.X509Certificate, ca: x509.X509Certificate, { key, id }: Log): Buffer {
  const der = new Uint8Array(bare.rawData);
  const outer = readDer("test", der);
  const tbs = outer.content.subarray(0, readDer("test", outer.content).length);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Date.now()));
  const length = Buffer.from([tbs.length >> 16, tbs.length >> 8, tbs.length]);
  const issuerHash = createHash("sha256").update(Buffer.from(ca.publicKey.rawData)).digest();
  const signed = Buffer.concat([
    Buffer.from([0, 0]),
    time,
    Buffer.from([0, 1]),
    issuerHash,
    length,
    tbs,
    Buffer.from([0, 0]),
  ]);
  const signature = sign("sha256", signed, key);
  const sct = Buffer.concat([Buffer.from([0]), id, time, Buffer.from([0, 0, 4, 3]), sized(signature)]);
  const list = sized(sized(sct));
  return Buffer.concat([Buffer.from(list.length < 128 ? [4, list.length] : [4, 0x81, list.length]), list]);
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length]), bytes]);
}

/** Record a DSSE envelope in a log of one entry: promise and proof (Rekor v1, type dsse 0.0.1). */
function logEntry(
  proposed: { spec: { proposedContent: { envelope: string; verifiers: string[] } } },
  { key, id }: Log,
  host: string,
): unknown {
  const envelope = JSON.parse(proposed.spec.proposedContent.envelope);
  const hash = (bytes: Buffer | string) => ({
    algorithm: "sha256",
    value: createHash("sha256").update(bytes).digest("hex"),
  });
  const body = Buffer.from(
    canonicalJson({
      apiVersion: "0.0.1",
      kind: "dsse",
      spec: {
        envelopeHash: hash(proposed.spec.proposedContent.envelope),
        payloadHash: hash(Buffer.from(envelope.payload, "base64")),
        signatures: [{ signature: envelope.signatures[0].sig, verifier: proposed.spec.proposedContent.verifiers[0] }],
      },
    }),
  );
  const integratedTime = Math.floor(Date.now() / 1000);
  const root = createHash("sha256")
    .update(Buffer.from([0]))
    .update(body)
    .digest();
  const note = `${host} - 1\n1\n${root.toString("base64")}\n`;
  const noteSignature = Buffer.concat([id.subarray(0, 4), sign("sha256", Buffer.from(note), key)]).toString("base64");
  const promise = canonicalJson({
    body: body.toString("base64"),
    integratedTime,
    logIndex: 0,
    logID: id.toString("hex"),
  });
  return {
    uuid1: {
      body: body.toString("base64"),
      integratedTime,
      logID: id.toString("hex"),
      logIndex: 0,
      verification: {
        signedEntryTimestamp: sign("sha256", Buffer.from(promise), key).toString("base64"),
        inclusionProof: {
          logIndex: 0,
          treeSize: 1,
          rootHash: root.toString("hex"),
          hashes: [],
          checkpoint: `${note}\n— ${host} ${noteSignature}\n`,
        },
      },
    },
  };
}

/** The file that receivers are given (sigstore's trusted root). */
function rootFile(ca: x509.X509Certificate, ctLog: Log, tLog: Log): unknown {
  const validFor = { start: new Date(Date.now() - 86_400_000).toISOString() };
  const log = ({ spki, id }: Log) => ({
    baseUrl: "http://localhost",
    hashAlgorithm: "SHA2_256",
    publicKey: { rawBytes: spki.toString("base64"), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor },
    logId: { keyId: id.toString("base64") },
  });
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [log(tLog)],
    ctlogs: [log(ctLog)],
    certificateAuthorities: [
      {
        subject: { organization: "test", commonName: "fake authority" },
        uri: "http://localhost",
        certChain: { certificates: [{ rawBytes: Buffer.from(ca.rawData).toString("base64") }] },
        validFor,
      },
    ],
    timestampAuthorities: [],
  };
}
