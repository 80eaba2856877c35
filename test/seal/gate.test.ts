import { describe, expect, test } from "vitest";
import { PolicyError } from "../../src/core/errors.ts";
import type { SourceFile } from "../../src/formats/Format.ts";
import { memoryFile } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import type { Folder } from "../../src/seal/Folder.ts";
import { guardFile, requireSeal } from "../../src/seal/gate.ts";
import { chunkBytes, hashFile } from "../../src/seal/hashFile.ts";
import { bytes, classFolder, folder, keyPair, sealed, tinySet } from "./fixture.ts";

const { sealer, trusted } = keyPair();
const files = await sealed(new Map([["tiny.safetensors", setToSafetensors(tinySet)]]), sealer);
const options = { trust: { kind: "keys" as const, keys: [trusted] }, at: new Date("2026-06-01") };

describe("requireSeal", () => {
  test("gives the signed files to the readers, and nothing else", async () => {
    const { source, signer, fingerprint } = await requireSeal(folder(files), options);
    expect(source.files.map((file) => file.path)).toEqual(["tiny.safetensors"]);
    expect((await openSet(source)).set).toMatchObject({ shape: [4, 3, 2, 2], classes: 2 });
    expect(signer.fingerprint).toBe(trusted.fingerprint);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each<[string, (f: Map<string, Uint8Array>) => void, RegExp]>([
    ["no seal", (f) => f.delete("model.sig"), /check 1/],
    ["an added file", (f) => f.set("more.safetensors", bytes("x")), /check 13/],
    ["a missing file", (f) => f.delete("tiny.safetensors"), /check 11/],
    ["a stripped attestation", (f) => f.delete("retort.provenance.json"), /check 14/],
  ])("refuses %s before anything of the set is read", async (_, change, message) => {
    const changed = new Map(files);
    change(changed);
    const read: string[] = [];
    const watched = watch(folder(changed), (file) => read.push(file.path));
    await expect(requireSeal(watched, options)).rejects.toThrow(message);
    await expect(requireSeal(watched, options)).rejects.toThrow(PolicyError);
    expect(read.filter((path) => path.endsWith(".safetensors"))).toEqual([]);
  });

  test("refuses another key, no key, an older version", async () => {
    await expect(
      requireSeal(folder(files), { ...options, trust: { kind: "keys", keys: [keyPair().trusted] } }),
    ).rejects.toThrow(/check 3/);
    await expect(requireSeal(folder(files), { ...options, trust: { kind: "none" } })).rejects.toThrow(/check 2/);
    await expect(requireSeal(folder(files), { ...options, minVersion: "1.0.1" })).rejects.toThrow(/older than 1.0.1/);
    const pinned = { kind: "keys" as const, keys: [{ ...trusted, minVersion: "2.0.0" }] };
    await expect(requireSeal(folder(files), { ...options, trust: pinned })).rejects.toThrow(/older than 2.0.0/);
    await requireSeal(folder(files), { ...options, expectVersion: "1.0.0" });
  });

  test("changed content never reaches a reader", async () => {
    const changed = new Map(files).set(
      "tiny.safetensors",
      setToSafetensors({ ...tinySet, images: tinySet.images.map((x) => x + 1) }),
    );
    const { source } = await requireSeal(folder(changed), options);
    await expect(openSet(source)).rejects.toThrow(/expected the signed content/);
  });

  test("no gap between check and use: a file that changes after any read is refused or unchanged", async () => {
    const good = setToSafetensors(tinySet);
    const evil = setToSafetensors({ ...tinySet, images: tinySet.images.map((x) => -x) });
    for (let turn = 0; turn < 12; turn++) {
      let reads = 0;
      const switching = folder(files);
      const source = {
        ...switching,
        files: switching.files.map((file) =>
          file.path === "tiny.safetensors"
            ? {
                ...file,
                read: (start?: number, length?: number) =>
                  memoryFile(file.path, reads++ < turn ? good : evil).read(start, length),
              }
            : file,
        ),
      };
      const opened = await requireSeal(source, options)
        .then(({ source: gated }) => openSet(gated))
        .catch((error: Error) => error);
      if (opened instanceof Error) expect(opened).toBeInstanceOf(PolicyError);
      else if (opened.set?.kind === "distilled") expect(opened.set.images).toEqual(tinySet.images);
    }
  });
});

describe("guardFile", () => {
  const content = Uint8Array.from({ length: 3 * chunkBytes + 17 }, (_, i) => (i * 31) % 251);

  test("any range of a large file is the file's", async () => {
    const file = memoryFile("large", content);
    const guarded = guardFile(file, await hashFile(file));
    for (const [start, length] of [
      [0, 10],
      [chunkBytes - 1, 2],
      [5, 3 * chunkBytes],
      [3 * chunkBytes + 16, 1],
      [content.length, 0],
      [0, content.length],
    ])
      expect(Buffer.from(await guarded.read(start, length)).equals(content.subarray(start, start + length))).toBe(true);
    await expect(guarded.read(content.length, 1)).rejects.toThrow();
    await expect(guarded.read(-1, 1)).rejects.toThrow();
  });

  test("a change anywhere is refused at the first read, a later change at the read that meets it", async () => {
    const digest = await hashFile(memoryFile("large", content));
    const changed = content.slice();
    changed[2 * chunkBytes + 5] ^= 1;
    await expect(guardFile(memoryFile("large", changed), digest).read(0, 8)).rejects.toThrow(PolicyError);
    const living = content.slice();
    const guarded = guardFile(memoryFile("large", living), digest);
    await guarded.read(0, 8);
    living[2 * chunkBytes + 5] ^= 1;
    expect((await guarded.read(chunkBytes, 8))[0]).toBe(content[chunkBytes]);
    await expect(guarded.read(2 * chunkBytes, 8)).rejects.toThrow(PolicyError);
    await expect(guarded.read()).rejects.toThrow(PolicyError);
  });
});

function watch(source: Folder, onRead: (file: SourceFile) => void): Folder {
  return {
    ...source,
    files: source.files.map((file) => ({
      ...file,
      read(start?: number, length?: number) {
        onRead(file);
        return file.read(start, length);
      },
    })),
  };
}

test("a class folder passes as a whole", async () => {
  const { source } = await requireSeal(folder(await sealed(classFolder(), sealer)), options);
  expect(source.files).toHaveLength(20);
});
