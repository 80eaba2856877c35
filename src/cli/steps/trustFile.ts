import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readBoundedText } from "../../disk/readText.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import { emptyTrustStore, parseTrustStore, type TrustStore } from "../../seal/Trust.ts";

/** Where the user's pins are kept: `$RETORT_CONFIG`, else `$XDG_CONFIG_HOME/retort`, else `~/.config/retort`. */
export function trustPath(): string {
  const { RETORT_CONFIG, XDG_CONFIG_HOME } = process.env;
  return join(RETORT_CONFIG || join(XDG_CONFIG_HOME || join(homedir(), ".config"), "retort"), "trust.json");
}

/** Read the user's pins; none where there is no file yet. */
export async function readTrust(): Promise<TrustStore> {
  try {
    return parseTrustStore(await readBoundedText(trustPath(), "retort", "file of pins"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyTrustStore;
    throw error;
  }
}

export async function writeTrust(store: TrustStore): Promise<void> {
  await writeAtomic(trustPath(), `${JSON.stringify(store, null, 2)}\n`);
}
