import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { memoryFolder } from "../../src/formats/memorySource.ts";
import { type Folder, folderOf } from "../../src/seal/Folder.ts";
import { type Curve, generateKeys, loadPrivateKey } from "../../src/seal/keys.ts";
import { makeSeal, type SealOptions } from "../../src/seal/makeSeal.ts";
import type { Sealer } from "../../src/seal/signStatement.ts";
import { type TrustedKey, trustKey } from "../../src/seal/Trust.ts";
import { type Verification, verifySeal } from "../../src/seal/verifySeal.ts";

/** A folder in memory: name → bytes. */
export type Files = Map<string, Uint8Array>;

/** A key pair made for one test file. */
export function keyPair(curve: Curve = "P-256"): {
  sealer: Sealer;
  trusted: TrustedKey;
  publicPem: string;
  privatePem: string;
} {
  const { privatePem, publicPem } = generateKeys(curve);
  return {
    sealer: { kind: "key", key: loadPrivateKey(privatePem) },
    trusted: trustKey(publicPem),
    publicPem,
    privatePem,
  };
}

/** Ten classes of two small files, as a class folder of images has them, and a dot file. */
export function classFolder(): Files {
  const files: Files = new Map([[".meta", bytes("{}")]]);
  for (let k = 0; k < 10; k++)
    for (let i = 0; i < 2; i++) files.set(`${k}/${i}.png`, bytes(`image ${i} of class ${k}`));
  return files;
}

/** A tiny set, for seals with tensor digests. */
export const tinySet: DistilledSet = {
  kind: "distilled",
  name: "tiny",
  images: Float32Array.from({ length: 4 * 3 * 2 * 2 }, (_, i) => i / 8 - 1),
  shape: [4, 3, 2, 2],
  labels: { kind: "hard", classes: Int32Array.of(0, 0, 1, 1) },
  classes: 2,
  normalisation: { kind: "unit" },
  metadata: { method: "DM" },
};

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function folder(files: Files, name = "set"): Folder {
  return folderOf(memoryFolder(files, name));
}

/** Options that most tests share. */
export function sealOptions(sealer: Sealer, more: Partial<SealOptions> = {}): SealOptions {
  return {
    sealer,
    set: { value: tinySet, format: "safetensors" },
    facts: {},
    description: { today: "2026-05-04" },
    tool: { version: "0.1.0", node: "20" },
    ...more,
  };
}

/** Seal in memory. @returns the files with the seal among them. */
export async function sealed(
  files: Files,
  sealer: Sealer,
  more: Partial<SealOptions> = {},
  name = "set",
): Promise<Files> {
  const made = await makeSeal(folder(files, name), sealOptions(sealer, more));
  return new Map([...files, ...[...made.files].map(([file, text]) => [file, bytes(text)] as const)]);
}

export async function verifyFiles(files: Files, trusted: TrustedKey, name = "set"): Promise<Verification> {
  return verifySeal(folder(files, name), { trust: { kind: "keys", keys: [trusted] }, at: new Date("2026-06-01") });
}

/** Checks that failed, by id. */
export function failures(found: Verification): string[] {
  return found.checks.filter((check) => check.status === "failed").map((check) => check.id);
}
