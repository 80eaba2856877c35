import { randomBytes } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { makeFolder } from "../../disk/makeFolder.ts";

// Chosen: an owner says that it lives every two seconds; one that was silent for fifteen is gone.
const beatSeconds = 2;
const silentSeconds = 15;
const pollMilliseconds = 50;

/**
 * Do something that nobody else is doing at the same time, on this machine or on another with the same folder.
 *
 * Only saves work: what is computed under a lock is written whole and is the same whoever computes it, so that two owners
 * at once (after a network was cut and healed) do no harm.
 *
 * A lock whose process is gone is taken over: at once on the same machine, after fifteen silent seconds elsewhere.
 *
 * @param path of the lock file.
 * @param ready asked while waiting: a value ends the wait without the lock.
 */
export async function locked<T>(
  path: string,
  ready: () => Promise<T | undefined>,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const mark = JSON.stringify({ host: hostname(), pid: process.pid, nonce: randomBytes(6).toString("hex") });
  const watch = watcher();
  while (!(await take(path, mark))) {
    signal?.throwIfAborted();
    const made = await ready();
    if (made !== undefined) return made;
    if (await watch(path)) await rm(path, { force: true });
    else await setTimeout(pollMilliseconds);
  }
  // A sign of life is another modification time, whichever: waiters compare it with the last and have clocks of their own.
  let beats = 0;
  const beat = setInterval(() => utimes(path, ++beats, beats).catch(() => {}), 1000 * beatSeconds);
  try {
    return (await ready()) ?? (await work());
  } finally {
    clearInterval(beat);
    if ((await readFile(path, "utf8").catch(() => "")) === mark) await rm(path, { force: true });
  }
}

async function take(path: string, mark: string): Promise<boolean> {
  await makeFolder(dirname(path));
  const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    return undefined;
  });
  await file?.writeFile(mark).finally(() => file.close());
  return file !== undefined;
}

/** Tells whether an owner is gone. Silence is measured by the waiter's own clock: clocks of machines may differ. */
function watcher(): (path: string) => Promise<boolean> {
  let last = { beat: Number.NaN, since: performance.now() };
  return async (path) => {
    const info = await stat(path).catch(() => undefined);
    if (!info) return false;
    if (info.mtimeMs !== last.beat) last = { beat: info.mtimeMs, since: performance.now() };
    if (performance.now() - last.since > 1000 * silentSeconds) return true;
    const owner = await readFile(path, "utf8")
      .then((text) => JSON.parse(text) as { host: string; pid: number })
      .catch(() => undefined);
    return owner?.host === hostname() && !isAlive(owner.pid);
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
