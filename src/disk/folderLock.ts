import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { link, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { UsageError } from "../core/errors.ts";
import { makeFolder } from "./makeFolder.ts";

/** Name of the file by which a process says that a folder is its own for now. */
export const lockName = ".lock";

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process began, as the system counts; numbers of processes come back. */
  readonly started?: string;
}

/** Locks of this process by path. */
const held = new Map<string, string>();

/**
 * Make a folder this process's own, until `unlockFolders` or its end. Locks of processes that are gone are taken over.
 *
 * @throws UsageError where another process works in the folder.
 */
export async function lockFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const path = join(folder, lockName);
  if (held.has(path)) return;
  const mark = JSON.stringify({ host: hostname(), pid: process.pid, started: startOf(process.pid) } satisfies Owner);
  for (let tries = 0; !(await take(path, mark)); tries++) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const owner = parsed(text);
    if (owner && isHere(owner, mark)) break;
    if (tries > 20 || (owner && isAtWork(owner)))
      throw new UsageError(
        `output: invalid folder ${folder}: expected one that nobody else writes to, got one that process ${owner?.pid ?? "?"}${owner && owner.host !== hostname() ? ` on ${owner.host}` : ""} works in; wait for it, choose another with --out, or remove ${path} if that process is gone`,
      );
    await takeAway(path, text);
  }
  if (held.size === 0) process.on("exit", unlockNow);
  held.set(path, mark);
}

/** Give every folder free that this process holds. */
export function unlockFolders(): void {
  if (held.size === 0) return;
  unlockNow();
  process.off("exit", unlockNow);
}

function unlockNow(): void {
  for (const [path, mark] of held) {
    try {
      if (readFileSync(path, "utf8") === mark) rmSync(path, { force: true });
    } catch {
      // It is gone already, and so is what it stood for.
    }
  }
  held.clear();
}

/** Put the lock there, whole, if there is none. */
async function take(path: string, mark: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await writeFile(temporary, mark, { flag: "wx" });
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // No hard links there.
    const file = await open(path, "wx").catch((refused: NodeJS.ErrnoException) => {
      if (refused.code !== "EEXIST") throw refused;
      return undefined;
    });
    await file?.writeFile(mark).finally(() => file.close());
    return file !== undefined;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Remove a lock that nobody holds any more, unless another process was faster and it is a new one. */
async function takeAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await rename(path, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  const moved = await readFile(aside, "utf8").catch(() => undefined);
  if (moved !== undefined && moved !== stale) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function parsed(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner | null;
    return typeof owner?.host === "string" && Number.isInteger(owner.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}

const isHere = (owner: Owner, mark: string): boolean => JSON.stringify(owner) === mark;

/** Nobody can ask about another machine: its processes count as alive. */
function isAtWork({ host, pid, started }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return started === undefined || now === undefined || started === now;
}

/** When a process began, where the system says it (Linux). */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it is in brackets and may hold anything; the start is the 22nd field.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
