import { execFileSync } from "node:child_process";
import {
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commitSeal } from "../../src/disk/commitSeal.ts";
import { sealFolder } from "../../src/disk/sealFolder.ts";
import { makeSeal } from "../../src/seal/makeSeal.ts";
import { verifySeal } from "../../src/seal/verifySeal.ts";
import { bytes, classFolder, failures, keyPair, sealOptions } from "./fixture.ts";

const root = mkdtempSync(join(tmpdir(), "retort-copies-"));
const original = join(root, "set");
const { sealer, trusted } = keyPair();

beforeAll(async () => {
  const files = classFolder()
    .set("windows.txt", bytes("line\r\nline\r\n"))
    .set("empty", bytes(""))
    .set("0/ü é.png", bytes("name"));
  for (const [name, content] of files) {
    mkdirSync(dirname(join(original, name)), { recursive: true });
    writeFileSync(join(original, name), content);
  }
  commitSeal(original, (await makeSeal(sealFolder(original), sealOptions(sealer))).files);
});
afterAll(() => rmSync(root, { recursive: true }));

async function verify(folder: string) {
  return verifySeal(sealFolder(folder), { trust: { kind: "keys", keys: [trusted] }, at: new Date() });
}

/** Run a command; the test is skipped where the machine has no such tool. */
function run(command: string, args: readonly string[], cwd: string): boolean {
  try {
    execFileSync(command, args, { cwd, stdio: "pipe" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    console.log(`skipped: ${command} is not installed`);
    return false;
  }
}

test("copies by cp, tar, zip and git raise no alarm", async () => {
  cpSync(original, join(root, "cp"), { recursive: true });
  const folders = [original, join(root, "cp")];
  mkdirSync(join(root, "tar"));
  if (run("tar", ["cf", "set.tar", "set"], root) && run("tar", ["xf", "../set.tar"], join(root, "tar")))
    folders.push(join(root, "tar/set"));
  const packed = zipSync(
    Object.fromEntries(
      await Promise.all(sealFolder(original).files.map(async (file) => [file.path, await file.read()] as const)),
    ),
  );
  for (const [name, content] of Object.entries(unzipSync(packed))) {
    mkdirSync(dirname(join(root, "zip", name)), { recursive: true });
    writeFileSync(join(root, "zip", name), content);
  }
  folders.push(join(root, "zip"));
  const repository = join(root, "repository");
  cpSync(original, repository, { recursive: true });
  const git = (...args: string[]) =>
    run(
      "git",
      ["-c", "core.autocrlf=false", "-c", "user.name=t", "-c", "user.email=t@example.org", ...args],
      repository,
    );
  if (
    git("init", "-q") &&
    git("add", "-A") &&
    git("commit", "-qm", "set") &&
    run("git", ["-c", "core.autocrlf=false", "clone", "-q", repository, join(root, "clone")], root)
  )
    folders.push(repository, join(root, "clone"));
  expect(folders.length).toBeGreaterThanOrEqual(4);
  for (const folder of folders) {
    const found = await verify(folder);
    expect(failures(found), folder).toEqual([]);
    expect(found.verified).toBe(true);
  }
});

test("hard links, other modes and times, a new folder name raise no alarm", async () => {
  const folder = join(root, "renamed");
  cpSync(original, folder, { recursive: true });
  unlinkSync(join(folder, "0/0.png"));
  linkSync(join(original, "0/0.png"), join(folder, "0/0.png"));
  renameSync(folder, join(root, "another name"));
  expect((await verify(join(root, "another name"))).verified).toBe(true);
});

test("links and special files on disk are found, also those that lead to equal content", async () => {
  const folder = join(root, "links");
  cpSync(original, folder, { recursive: true });
  unlinkSync(join(folder, "0/0.png"));
  symlinkSync(join(original, "0/0.png"), join(folder, "0/0.png"));
  symlinkSync("/", join(folder, "everything"));
  const found = await verify(folder);
  expect(found.files.links).toEqual(["0/0.png", "everything"]);
  expect(failures(found)).toEqual(["links", "present"]);
  if (!run("mkfifo", [join(folder, "pipe")], root)) return;
  expect((await verify(folder)).files.specials).toEqual(["pipe"]);
});

test("git's line-ending conversion is found", async () => {
  const folder = join(root, "autocrlf");
  cpSync(original, folder, { recursive: true });
  writeFileSync(join(folder, "windows.txt"), "line\nline\n");
  expect((await verify(folder)).files.changed).toEqual(["windows.txt"]);
});
