import { DataError } from "../../core/errors.ts";
import { readRegular } from "../readRegular.ts";
import { writeAtomic } from "../writeAtomic.ts";
import { tellDamage } from "./damage.ts";
import { addMark, readMark } from "./digestMark.ts";
import { setAside } from "./setAside.ts";

/**
 * What becomes of a damaged file:
 * - `aside`: said, moved aside, and made again by the caller, who gets undefined as if there were none;
 * - `tell`: said and left where it is, undefined as well: for those who only look;
 * - `refuse`: a DataError that names it: for those who cannot go on without it.
 */
export type OnDamage = "aside" | "tell" | "refuse";

export interface KeptRules {
  readonly damaged: OnDamage;
  /** Take a file without a digest, as older versions wrote it. Default: such a file is damaged. */
  readonly unmarked?: (content: Uint8Array<ArrayBuffer>) => boolean;
  /** How the file is made again, for the message of `refuse`. */
  readonly remedy?: string;
}

/**
 * Write a file that is read back later: whole or not at all, with a digest of itself and of whose it is (digestMark.ts).
 *
 * @param owner tells this file from all others: the run and the file's name, the key of a cache.
 */
export async function writeKept(path: string, content: Uint8Array | string, owner: string): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await writeAtomic(path, addMark(bytes, owner));
}

/**
 * Read a kept file and check it.
 *
 * @returns its content as it was given to `writeKept`; undefined where there is none, or none that can be used.
 * @throws DataError for a damaged file under the rule `refuse`; the system's error if it is there and cannot be read.
 */
export async function readKept(
  path: string,
  owner: string,
  { damaged, unmarked = () => false, remedy }: KeptRules,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = await readRegular(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    return undefined;
  });
  if (!bytes) return undefined;
  const marked = readMark(bytes, owner);
  if (marked.kind === "whole") return marked.content;
  if (marked.kind === "unmarked") {
    const content = new Uint8Array(bytes);
    if (unmarked(content)) return content;
  }
  const fault = marked.kind === "damaged" ? marked.fault : "a file without a digest";
  await handleDamage(path, fault, damaged, remedy);
  return undefined;
}

/** Do with a damaged file what the rule says. @throws DataError under `refuse`. */
export async function handleDamage(path: string, fault: string, rule: OnDamage, remedy?: string): Promise<void> {
  const found = `${path}: damaged file: expected what was written, got ${fault}`;
  if (rule === "refuse") throw new DataError(`${found}${remedy ? `; ${remedy}` : ""}`);
  if (rule === "tell") return tellDamage(`${found}; it is left out${remedy ? `; ${remedy}` : ""}`);
  const place = await setAside(path);
  if (place !== undefined) tellDamage(`${found}; it was set aside as ${place} and is made again`);
}
