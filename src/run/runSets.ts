import { createHash } from "node:crypto";
import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { WhiteningHooks } from "../disk/whitening/namedWhitening.ts";
import { setToSafetensors } from "../formats/safetensors.ts";
import type { Run } from "./Run.ts";

/** File name → SHA-256 of the file. It stands in the file that a stage writes last: sets are for others to read and carry none. */
export type SetDigests = Readonly<Record<string, string>>;

/** Write sets into a run folder, by file name. @returns their digests. */
export async function writeSets(run: Run, sets: Readonly<Record<string, DistilledSet>>): Promise<SetDigests> {
  const digests: Record<string, string> = {};
  for (const [name, set] of Object.entries(sets)) {
    const bytes = setToSafetensors(set);
    digests[name] = sha256(bytes);
    await run.write(name, bytes);
  }
  return digests;
}

/**
 * Are the sets that a finished stage wrote still there as it wrote them? Damaged ones are set aside, and the stage is done again.
 *
 * @param digests undefined in folders of older versions, where presence is all that can be checked.
 * @throws DataError for a damaged one of a run that is only looked at.
 */
export async function areWhole(run: Run, names: readonly string[], digests: SetDigests | undefined): Promise<boolean> {
  let whole = true;
  for (const name of names) {
    const bytes = await run.read(name);
    if (bytes && (!digests || sha256(bytes) === digests[name])) continue;
    whole = false;
    if (bytes)
      await run.damaged(name, bytes.length === 0 ? "an empty file" : "another content, or the file of another one");
  }
  return whole;
}

/** Read a distilled set that a run wrote. @param hooks hear of a whitening that has to be fitted first. */
export async function readSet(run: Run, name: string, hooks: WhiteningHooks = {}): Promise<DistilledSet> {
  const [{ openSet }, { fileSource }, { whiteningLookup }] = await Promise.all([
    import("../formats/open.ts"),
    import("../disk/fileSource.ts"),
    import("../disk/whitening/namedWhitening.ts"),
  ]);
  const { set } = await openSet(await fileSource(run.path(name)), { whitening: whiteningLookup(hooks) });
  if (set?.kind !== "distilled")
    throw new DataError(`run: invalid ${run.path(name)}: expected a distilled set, got ${set ? "raw images" : "none"}`);
  return set;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
