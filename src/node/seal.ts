import { join } from "node:path";
import process from "node:process";
import { version } from "../core/version.ts";
import { commitSeal } from "../disk/commitSeal.ts";
import { readDetached } from "../disk/detachedSeal.ts";
import { jpegDecoder } from "../disk/jpegDecoder.ts";
import { makeFolder } from "../disk/makeFolder.ts";
import { sealFolder, sealPlace } from "../disk/sealFolder.ts";
import { openSet } from "../formats/open.ts";
import { loadPrivateKey } from "../seal/keys.ts";
import { makeSeal } from "../seal/makeSeal.ts";
import { type TrustedKey, trustKey } from "../seal/Trust.ts";
import { dataSource } from "../seal/tensors.ts";
import { type Verification, verifySeal } from "../seal/verifySeal.ts";

export interface SealSettings {
  /** Private key in PEM, from `generateKeys` or `retort keygen`. */
  readonly privateKey: string;
  readonly passphrase?: string;
  /** What the card says of the set. */
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly creator?: string;
  /** Day of the seal, ISO 8601: 2026-05-04. */
  readonly date: string;
}

/**
 * Sign a set as its publisher: a folder in place, a single file in the folder `FILE.seal` beside it.
 *
 * @returns the folder that holds the seal, and the fingerprint to publish elsewhere.
 * @throws UsageError if there is no such set, nobody can read it, or the version is no semantic one.
 * @example
 * const { fingerprint } = await seal("sets/mine", { privateKey: privatePem, date: "2026-05-04" });
 */
export async function seal(
  path: string,
  { privateKey, passphrase, name, version: release, license, creator, date }: SealSettings,
): Promise<{ readonly folder: string; readonly fingerprint: string; readonly warnings: readonly string[] }> {
  const folder = sealFolder(path);
  const target = sealPlace(path);
  const opened = await openSet(dataSource(folder), { jpeg: await jpegDecoder() });
  const made = await makeSeal(folder, {
    sealer: { kind: "key", key: loadPrivateKey(privateKey, passphrase) },
    set: opened.set && { value: opened.set, format: opened.format },
    facts: {},
    description: { name, version: release, license, creator, date, today: date },
    tool: { version, node: process.versions.node },
    detached: target !== path,
  });
  await makeFolder(target);
  commitSeal(target, made.files);
  return { folder: target, fingerprint: made.fingerprint, warnings: made.warnings };
}

export interface VerifySettings {
  /** Public keys in PEM of whom the receiver believes. Never take one from what came with the set. */
  readonly publicKeys: readonly string[];
  /** When certificates must be valid. */
  readonly at: Date;
  readonly minVersion?: string;
}

/**
 * Check a set against its seal as its receiver.
 *
 * @returns every check with its outcome; `verified` says whether all passed. Never throws for what the set or its seal holds.
 * @throws UsageError if there is no such set.
 * @example
 * const { verified, checks } = await verify("download", { publicKeys: [publicPem], at: new Date("2026-11-28") });
 */
export async function verify(path: string, { publicKeys, at, minVersion }: VerifySettings): Promise<Verification> {
  const keys: TrustedKey[] = publicKeys.map((pem) => trustKey(pem));
  const place = sealPlace(path);
  const detached = place === path ? {} : await readDetached(join(place, "model.sig"));
  return verifySeal(sealFolder(path), { trust: { kind: "keys", keys }, at, minVersion, ...detached });
}
