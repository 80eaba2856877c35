import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../src/core/errors.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import { scratchFolder } from "../python.ts";

function tree(): string {
  const root = scratchFolder();
  const folder = join(root, "set");
  mkdirSync(join(folder, "b"), { recursive: true });
  writeFileSync(join(folder, "b", "1.bin"), "one");
  writeFileSync(join(folder, "a.bin"), "0123456789");
  writeFileSync(join(folder, ".hidden"), "x");
  writeFileSync(join(root, "secret"), "secret");
  return folder;
}

describe("fileSource", () => {
  it("lists a folder in order, reads ranges, and nothing before it is asked", async () => {
    const folder = tree();
    const source = await fileSource(folder);
    expect(source).toMatchObject({ name: "set", folder: true, findings: [] });
    expect(source.files.map(({ path, size }) => [path, size])).toEqual([
      ["a.bin", 10],
      ["b/1.bin", 3],
    ]);
    const [file] = source.files;
    const text = async (...range: [number?, number?]) => new TextDecoder().decode(await file.read(...range));
    expect(await text()).toBe("0123456789");
    expect(await text(4)).toBe("456789");
    expect(await text(4, 2)).toBe("45");
    expect(await text(10, 0)).toBe("");
    for (const [start, length] of [
      [4, 7],
      [-1, 2],
      [11, 0],
      [0.5, 1],
      [0, Number.NaN],
    ])
      await expect(file.read(start, length)).rejects.toBeInstanceOf(DataError);
  });

  it("follows links inside the folder and leaves out, with a finding, those that lead elsewhere", async () => {
    const folder = tree();
    symlinkSync("b/1.bin", join(folder, "inside"));
    symlinkSync("../secret", join(folder, "outside"));
    symlinkSync("..", join(folder, "up"));
    symlinkSync("/etc/hostname", join(folder, "absolute"));
    symlinkSync("nowhere", join(folder, "dangling"));
    symlinkSync("loop", join(folder, "loop"));
    const source = await fileSource(folder);
    expect(source.files.map(({ path }) => path)).toEqual(["a.bin", "b/1.bin", "inside"]);
    expect(new TextDecoder().decode(await source.files[2].read())).toBe("one");
    const left = source.findings?.map(({ rule, file }) => `${rule} ${file}`).sort();
    expect(left).toEqual(["absolute", "dangling", "loop", "outside", "up"].map((name) => `link-outside ${name}`));
  });

  it("leaves out what is neither file nor folder, and refuses it where it was named", async () => {
    const folder = tree();
    if (spawnSync("mkfifo", [join(folder, "pipe")]).status !== 0) return;
    expect((await fileSource(folder)).files.map(({ path }) => path)).not.toContain("pipe");
    await expect(fileSource(join(folder, "pipe"))).rejects.toThrow("expected a file or folder");
  });

  it("several files become one source", async () => {
    const folder = tree();
    const source = await fileSource([join(folder, "b/1.bin"), join(folder, "a.bin")]);
    expect(source).toMatchObject({ name: "1.bin+a.bin", folder: true });
    await expect(fileSource([join(folder, "a.bin"), join(folder, "a.bin")])).rejects.toThrow("got a.bin twice");
    await expect(fileSource([folder, join(folder, "a.bin")])).rejects.toBeInstanceOf(UsageError);
  });

  it("a path that is not there, and a file that shrinks while it is read", async () => {
    const folder = tree();
    await expect(fileSource(join(folder, "none"))).rejects.toBeInstanceOf(UsageError);
    await expect(fileSource([])).rejects.toBeInstanceOf(UsageError);
    const { files } = await fileSource(join(folder, "a.bin"));
    truncateSync(join(folder, "a.bin"), 4);
    await expect(files[0].read()).rejects.toThrow("changed on disk");
  });

  it("a large file read in pieces is the same file", async () => {
    const path = join(scratchFolder(), "large");
    const bytes = new Uint8Array(2 ** 24 + 12_345).map((_, i) => (i * 31) ^ (i >> 9));
    writeFileSync(path, bytes);
    const { files } = await fileSource(path);
    expect(Buffer.compare(await files[0].read(), bytes)).toBe(0);
    expect(Buffer.compare(await files[0].read(7), bytes.subarray(7))).toBe(0);
  });
});
