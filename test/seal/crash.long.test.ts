import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { commitSeal, type Disk, finishSeal, nodeDisk } from "../../src/disk/commitSeal.ts";
import { sealFolder } from "../../src/disk/sealFolder.ts";
import { requireSeal } from "../../src/seal/gate.ts";
import { makeSeal } from "../../src/seal/makeSeal.ts";
import type { TrustedKey } from "../../src/seal/Trust.ts";
import { verifySeal } from "../../src/seal/verifySeal.ts";
import { classFolder, type Files, keyPair, sealOptions } from "./fixture.ts";

const root = mkdtempSync(join(tmpdir(), "retort-crash-"));
afterAll(() => rmSync(root, { recursive: true }));

const [oldKey, newKey] = [keyPair(), keyPair("P-384")];

function write(folder: string, files: Files): void {
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Without fsync, which matters when the power fails and not when a process is killed. */
const fastDisk: Disk = { ...nodeDisk, sync() {}, write: (path, text) => writeFileSync(path, text, { flag: "wx" }) };

async function sealWith(folder: string, pair: typeof oldKey, version: string, disk: Disk = fastDisk): Promise<void> {
  finishSeal(folder, disk);
  const made = await makeSeal(
    sealFolder(folder),
    sealOptions(pair.sealer, { description: { today: "2026-05-04", version, creator: `lab ${version}` } }),
  );
  commitSeal(folder, made.files, disk);
}

/** Which seal a folder has: that of the first key, of the second, or none that verifies. */
async function sealOf(folder: string): Promise<string> {
  const verified = async (key: TrustedKey) =>
    (await verifySeal(sealFolder(folder), { trust: { kind: "keys", keys: [key] }, at: new Date() })).verified;
  return (
    [(await verified(oldKey.trusted)) && "old", (await verified(newKey.trusted)) && "new"].filter(Boolean).join("+") ||
    "none"
  );
}

/** A disk that dies before its n-th operation, or in the middle of it; afterwards nothing reaches it any more. */
function dyingDisk(n: number, midway: boolean): { disk: Disk; operations: () => number } {
  let count = 0;
  const guard =
    <A extends unknown[], R>(operation: (...args: A) => R, half?: (...args: A) => void) =>
    (...args: A): R => {
      count++;
      if (count > n) throw new Error("killed");
      if (count === n && midway) {
        half?.(...args);
        count++;
        throw new Error("killed");
      }
      return operation(...args);
    };
  return {
    operations: () => count,
    disk: {
      exists: nodeDisk.exists,
      list: nodeDisk.list,
      makeFolder: guard(nodeDisk.makeFolder),
      write: guard(fastDisk.write, (path, text) => fastDisk.write(path, text.slice(0, text.length / 2))),
      rename: guard(nodeDisk.rename),
      removeFolder: guard(nodeDisk.removeFolder),
      discard: guard(nodeDisk.discard),
      sync: guard(fastDisk.sync),
    },
  };
}

async function killedAt(n: number, midway: boolean, resealing: boolean): Promise<{ folder: string; done: boolean }> {
  const folder = join(root, `${resealing ? "again" : "first"}-${n}-${midway}`);
  write(folder, classFolder());
  if (resealing) await sealWith(folder, oldKey, "1.0.0");
  const { disk } = dyingDisk(n, midway);
  try {
    await sealWith(folder, newKey, "2.0.0", disk);
    return { folder, done: true };
  } catch (error) {
    if (!(error as Error).message.includes("killed")) throw error;
    return { folder, done: false };
  }
}

describe.each([true, false])("sealing killed at every operation (folder sealed before: %s)", (resealing) => {
  test("leaves the old seal or the new one, and can be completed or done again", async () => {
    const before = resealing ? "old" : "none";
    const seen: string[] = [];
    for (let n = 0; ; n++) {
      const runs = [await killedAt(n, true, resealing), await killedAt(n, false, resealing)];
      for (const { folder, done } of runs) {
        const state = await sealOf(folder);
        expect([before, "new"], `killed at operation ${n}`).toContain(state);
        if (done) expect(state).toBe("new");
        seen.push(state);
        const trust = { kind: "keys" as const, keys: [oldKey.trusted, newKey.trusted] };
        if (state !== "none") await requireSeal(sealFolder(folder), { trust, at: new Date() });
        finishSeal(folder);
        expect(await sealOf(folder), `finished after operation ${n}`).toBe(state);
        expect(sealFolder(folder).files.some((file) => file.path.startsWith(".retort-seal"))).toBe(false);
      }
      await sealWith(runs[1].folder, newKey, "3.0.0");
      expect(await sealOf(runs[1].folder)).toBe("new");
      if (runs.every((run) => run.done)) break;
      expect(n).toBeLessThan(60);
    }
    // Both outcomes were met, and once the new seal is there it stays.
    expect(new Set(seen)).toEqual(new Set([before, "new"]));
    expect(seen.lastIndexOf(before)).toBeLessThan(seen.indexOf("new"));
  });
});

test("a real process, killed without warning while it seals over and over", async () => {
  const folder = join(root, "loop");
  write(folder, classFolder());
  for (const [name, pair] of Object.entries({ old: oldKey, new: newKey }))
    writeFileSync(join(root, `${name}.pem`), pair.privatePem);
  await sealWith(folder, oldKey, "1.0.0");
  const script = fileURLToPath(new URL("resealForever.ts", import.meta.url));
  for (const milliseconds of [0, 7, 24, 61]) {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", script, folder, join(root, "old.pem"), join(root, "new.pem")],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(["old", "new"]).toContain(await sealOf(folder));
  }
});

test("a full disk or another failure leaves the old seal and no remains", async () => {
  const folder = join(root, "full");
  write(folder, classFolder());
  await sealWith(folder, oldKey, "1.0.0");
  let writes = 0;
  const disk: Disk = {
    ...fastDisk,
    write(path, text) {
      if (++writes === 4) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      fastDisk.write(path, text);
    },
  };
  await expect(sealWith(folder, newKey, "2.0.0", disk)).rejects.toThrow("no space left");
  expect(await sealOf(folder)).toBe("old");
  expect(sealFolder(folder).files.some((file) => file.path.startsWith(".retort-seal"))).toBe(false);
});
