import { execFileSync, spawnSync } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { commitSeal } from "../src/disk/commitSeal.ts";
import { sealFolder } from "../src/disk/sealFolder.ts";
import { generateKeys, loadPrivateKey } from "../src/seal/keys.ts";
import { makeSeal } from "../src/seal/makeSeal.ts";
import { trustKey } from "../src/seal/Trust.ts";
import { verifySeal } from "../src/seal/verifySeal.ts";

/**
 * Seal and verify 10 000 files, 1 GB in all, beside `sha256sum` over the same files, in turn, and print the ratios.
 *
 * A ratio above 1 is faster than sha256sum. Some builds of it do not use the processor's SHA instructions, so `openssl` is timed too. Smaller runs: `tsx bench/seal.ts 1000 100` (files, megabytes).
 */
const [files, megabytes] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 1000)];
const rounds = 5;

const folder = mkdtempSync(join(tmpdir(), "retort-bench-"));
try {
  await measure();
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(): Promise<void> {
  if (spawnSync("sha256sum", ["--version"]).status !== 0) {
    console.log("skipped: sha256sum is not installed");
    return;
  }
  fill();
  const { privatePem, publicPem } = generateKeys();
  const key = loadPrivateKey(privatePem);
  const trust = { kind: "keys" as const, keys: [trustKey(publicPem)] };
  const seal = async () => {
    const made = await makeSeal(sealFolder(folder), {
      sealer: { kind: "key", key },
      facts: {},
      description: { today: "2026-01-01" },
      tool: { version: "0", node: process.versions.node },
    });
    commitSeal(folder, made.files);
  };
  const verify = async () => {
    if (!(await verifySeal(sealFolder(folder), { trust, at: new Date() })).verified) throw new Error("not verified");
  };
  const sha256sum = async () => {
    execFileSync("bash", ["-c", "find . -type f -print0 | xargs -0 sha256sum > /dev/null"], { cwd: folder });
  };
  const openssl = async () => {
    const { status } = spawnSync("bash", ["-c", "find . -type f -print0 | xargs -0 openssl dgst -sha256 > /dev/null"], {
      cwd: folder,
    });
    if (status !== 0) throw new Error("openssl failed");
  };
  const works: Record<string, () => Promise<void>> = { sha256sum, openssl, seal, verify };
  if (spawnSync("openssl", ["version"]).status !== 0) delete works.openssl;
  const before = process.memoryUsage().rss;
  const seconds: Record<string, number[]> = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries(works)) {
      const start = performance.now();
      await work();
      seconds[name].push((performance.now() - start) / 1000);
    }
  const median = (name: string) => seconds[name].sort((a, b) => a - b)[Math.floor(rounds / 2)];
  console.log(`${files} files, ${megabytes} MB, median of ${rounds} rounds in turn`);
  for (const name of Object.keys(seconds)) {
    const ratio = median("sha256sum") / median(name);
    console.log(
      `${name.padEnd(10)} ${median(name).toFixed(2).padStart(6)} s  ${(megabytes / median(name)).toFixed(0).padStart(5)} MB/s  ${ratio.toFixed(2)} × sha256sum`,
    );
  }
  console.log(`memory grew by ${((process.memoryUsage().rss - before) / 2 ** 20).toFixed(0)} MiB`);
}

/** Bytes that no file system compresses, the same in every run. */
function fill(): void {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16));
  const size = Math.round((megabytes * 1e6) / files);
  const zeros = Buffer.alloc(size);
  for (let i = 0; i < files; i++) {
    const group = join(folder, String(i % 100));
    if (i < 100) mkdirSync(group);
    writeFileSync(join(group, `${i}.bin`), cipher.update(zeros));
  }
}
