import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { attestationsName, provenanceName, signatureName, tensorsName } from "../seal/manifest.ts";
import type { VerifyOptions } from "../seal/openSeal.ts";
import { readBounded } from "./readBounded.ts";
import { readRegular } from "./readRegular.ts";
import { sealPlace } from "./sealFolder.ts";

/** The signature that belongs to a single file, if it lies where `retort seal FILE` puts it; that of a folder lies in the folder. */
export function defaultSignature(path: string): string | undefined {
  const place = sealPlace(path);
  const signature = join(place, signatureName);
  return place !== path && existsSync(signature) ? signature : undefined;
}

/**
 * Read a seal that lies elsewhere than in the folder, with the attestations beside it.
 *
 * @param signature the file, or the folder that it lies in.
 */
export async function readDetached(signature: string): Promise<Pick<VerifyOptions, "signature" | "attestations">> {
  const file = statSync(signature, { throwIfNoEntry: false })?.isDirectory()
    ? join(signature, signatureName)
    : signature;
  const attestations = new Map<string, string>();
  for (const name of [provenanceName, tensorsName, attestationsName]) {
    const text = await readRegular(join(dirname(file), name)).catch(() => undefined);
    if (text !== undefined) attestations.set(name, text.toString("utf8"));
  }
  return { signature: await readBounded(file, "retort verify", "seal"), attestations };
}
