import { realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { sep } from "node:path";
import { z } from "zod";
import { PolicyError, UsageError } from "../core/errors.ts";
import type { Source } from "../data/formats/Format.ts";
import { fileSource } from "../experiment/fileSource.ts";
import { sealFolder } from "../experiment/sealFolder.ts";
import { loadCertificates } from "../seal/certificates.ts";
import { requireSeal } from "../seal/gate.ts";
import { type Pin, pinnedKeys, type Trust, type TrustedKey, trustKey } from "../seal/Trust.ts";
import type { Console } from "./console.ts";
import { readTrust } from "./trustFile.ts";

/** Whom to believe: shared by every command that checks a seal. */
export const trustOptions = {
  key: z
    .array(z.string())
    .optional()
    .describe("public key of the publisher (PEM file), got by another way than the set"),
  publisher: z.string().optional().describe("accept only keys pinned for this publisher (retort trust list)"),
  certificateRoot: z
    .array(z.string())
    .optional()
    .describe("root certificates (PEM) that signing certificates must lead to"),
  identity: z.string().optional().describe("keyless: exact e-mail address or workflow URL that must have signed"),
  issuer: z.string().optional().describe("keyless: exact URL of the service that vouched for the identity"),
  trustedRoot: z.string().optional().describe("keyless: trusted root file (JSON), for verification without a network"),
  expectVersion: z.string().optional().describe("the seal must state exactly this version"),
  minVersion: z.string().optional().describe("the seal must not state an older version"),
};

/** Options of every command that loads a set; spread them into its schema and open the set with `openSource`. */
export const gateOptions = {
  requireSeal: z
    .boolean()
    .default(false)
    .describe("read the set only if its seal is valid, and nothing that it does not bind"),
  ...trustOptions,
};

export type TrustChoice = z.infer<z.ZodObject<typeof trustOptions>>;
export type GateChoice = z.infer<z.ZodObject<typeof gateOptions>>;

/**
 * Open what a person named; with `--require-seal` through the gate.
 *
 * Every command that loads a set reads it through the source that this returns: bytes are hashed as they are read.
 *
 * @param paths a folder or file, or several files (which have no seal).
 * @throws PolicyError if the seal is not valid.
 */
export async function openSource(
  paths: string | readonly string[],
  choice: GateChoice,
  console: Console,
): Promise<Source> {
  if (!choice.requireSeal) return fileSource(paths);
  const list = typeof paths === "string" ? [paths] : paths;
  if (list.length !== 1)
    throw new UsageError("--require-seal: invalid path: expected one sealed folder, got several files");
  const [path] = list;
  const folder = sealFolder(path);
  const { source, signer, fingerprint } = await requireSeal(folder, {
    trust: await resolveTrust(choice, path),
    at: new Date(),
    expectVersion: choice.expectVersion,
    minVersion: choice.minVersion,
  });
  console.note(`sealed by ${signer.name}, fingerprint ${fingerprint}`);
  return source;
}

/**
 * Turn the options into what the receiver trusts; without any, the pinned keys.
 *
 * @param folder the set; a key that lies in it is refused.
 */
export async function resolveTrust(choice: TrustChoice, folder: string): Promise<Trust> {
  const { key, certificateRoot, identity, issuer, trustedRoot } = choice;
  const kinds = [key, certificateRoot, identity ?? issuer].filter((kind) => kind !== undefined);
  if (kinds.length > 1)
    throw new UsageError(
      "retort: invalid trust: expected one of --key, --certificate-root or --identity with --issuer",
    );
  for (const path of [...(key ?? []), ...(certificateRoot ?? []), ...(trustedRoot ? [trustedRoot] : [])])
    refuseBeside(path, folder);
  if (certificateRoot) {
    const roots = await Promise.all(certificateRoot.map((path) => readFile(path, "utf8")));
    return { kind: "certificates", roots: roots.flatMap(loadCertificates) };
  }
  if (identity !== undefined || issuer !== undefined) {
    if (identity === undefined || issuer === undefined || trustedRoot === undefined)
      throw new UsageError("retort: missing option: expected --identity, --issuer and --trusted-root together");
    return { kind: "identity", identity, issuer, trustedRoot: JSON.parse(await readFile(trustedRoot, "utf8")) };
  }
  const store = await readTrust();
  if (key) return { kind: "keys", keys: await Promise.all(key.map((path) => givenKey(path, choice, store.pins))) };
  const keys = pinnedKeys(store, choice.publisher);
  return keys.length > 0 ? { kind: "keys", keys } : { kind: "none" };
}

/** A key given on the command line, with what is pinned about it. */
async function givenKey(path: string, { publisher }: TrustChoice, pins: readonly Pin[]): Promise<TrustedKey> {
  const pem = await readFile(path, "utf8");
  const { fingerprint } = trustKey(pem);
  const pin = pins.find((p) => p.fingerprint === fingerprint && (publisher === undefined || p.publisher === publisher));
  if (publisher !== undefined && !pin)
    throw new PolicyError(`retort: unknown key ${fingerprint}: expected one that is pinned for ${publisher}`);
  return trustKey(pem, pin?.publisher, pin?.minVersion);
}

/** A key found beside the data proves nothing: whoever changed the data could have put it there. */
function refuseBeside(path: string, folder: string): void {
  const [file, root] = [realpathSync(path), realpathSync(folder)];
  if (file.startsWith(root + sep))
    throw new UsageError(`retort: invalid key ${path}: expected one from elsewhere, got one that lies beside the data`);
}
