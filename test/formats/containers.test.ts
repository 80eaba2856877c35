import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { inspect } from "../../src/audit/inspect/inspect.ts";
import { DataError } from "../../src/core/errors.ts";
import { gunzip, gunzipHead } from "../../src/formats/gzip.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";
import { cat, u16 } from "./hostile/bytes.ts";
import { greyPng, idxImages, idxLabels } from "./pictureFixtures.ts";

const python = findPython("tarfile", "zipfile");
if (!python) console.warn("skipped: no Python (RETORT_PYTHON)");
const hasZip = spawnSync("zip", ["-v"]).status === 0;
if (!hasZip) console.warn("skipped: no zip program");
const hasJar = spawnSync("jar", ["--version"]).status === 0;
if (!hasJar) console.warn("skipped: no jar program");

const pictures: Readonly<Record<string, Uint8Array>> = {
  "0/a.png": greyPng(8, 1),
  "0/b.png": greyPng(8, 2),
  "1/a.png": greyPng(8, 3),
  "1/b.png": greyPng(8, 4),
};
const values = [1, 2, 3, 4];

/** The set in an archive: one grey level an image, classes 0 0 1 1. */
async function expectPictures(bytes: Uint8Array, rules: readonly string[] = []): Promise<void> {
  const { set, findings } = await openSet(memorySource(bytes, "archive"));
  expect(set?.kind === "labelled" && [...set.labels]).toEqual([0, 0, 1, 1]);
  expect(set?.kind === "labelled" && set.pixels.filter((_, i) => i % 64 === 0)).toEqual(Uint8Array.from(values));
  expect(findings.map(({ rule }) => rule).filter((rule) => rule !== "label-source")).toEqual(rules);
}

function onDisk(files: Readonly<Record<string, Uint8Array>> = pictures): string {
  const folder = scratchFolder();
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

/** The bytes of a zip with a comment behind its end record. */
function withComment(zip: Uint8Array, comment: string): Uint8Array {
  return cat(zip.subarray(0, zip.length - 2), u16(comment.length), comment);
}

describe("zip archives as people's programs make them", () => {
  const zip = zipSync(pictures as Record<string, Uint8Array>);

  it.each([
    ["macOS attributes", { "__MACOSX/0/._a.png": cat(0, 5, 22, 7, new Uint8Array(60)), ".DS_Store": cat("x") }],
    ["attributes beside the files", { "0/._a.png": cat(0, 5, 22, 7, new Uint8Array(60)), "._0": cat(0, 5, 22, 7) }],
    ["thumbnails of Windows", { "0/Thumbs.db": cat("x"), "desktop.ini": cat("y") }],
    ["thumbnails of a NAS", { "0/@eaDir/a.png/thumb.jpg": cat("x") }],
  ])("reads one with %s, and says so", async (_, junk) => {
    await expectPictures(zipSync({ ...pictures, ...junk } as Record<string, Uint8Array>), ["system-files"]);
    const { set, findings } = await openSet(memoryFolder(new Map(Object.entries({ ...pictures }))));
    expect([set?.shape[0], findings.length]).toEqual([4, 1]);
  });

  it("reads one with a comment, and shows it", async () => {
    await expectPictures(withComment(zip, "made by hand"), ["zip-comment"]);
    await expectPictures(withComment(zip, "x".repeat(65_535)), ["zip-comment"]);
  });

  it.each([
    ["data behind the end", cat(zip, "x")],
    ["a comment that is too short", cat(withComment(zip, "comment"), "!")],
    ["a comment that is too long", withComment(zip, "comment").slice(0, -1)],
    ["records in the comment", withComment(zip, "PK\x01\x02 and so on")],
    ["another archive as its comment", withComment(zip, String.fromCharCode(...zipSync({ a: cat("b") })))],
    ["a program before it", cat("#!/bin/sh\n", zip)],
  ])("refuses %s", async (_, bytes) => {
    await expect(openSet(memorySource(bytes))).rejects.toBeInstanceOf(DataError);
  });

  it("takes backslashes for slashes, and not for a way out", async () => {
    const turned = (files: Readonly<Record<string, Uint8Array>>) =>
      zipSync(Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path.replaceAll("/", "\\"), bytes])));
    await expectPictures(turned(pictures), ["zip-backslashes"]);
    await expect(openSet(memorySource(turned({ ...pictures, "../x.png": greyPng(8, 1) })))).rejects.toThrow(/"\.\."/);
    await expect(openSet(memorySource(turned({ ...pictures, "C:/x.png": greyPng(8, 1) })))).rejects.toThrow(/absolute/);
  });

  it("takes names with ./ before them", async () => {
    const dotted = Object.fromEntries(Object.entries(pictures).map(([path, bytes]) => [`./${path}`, bytes]));
    await expectPictures(zipSync(dotted), ["zip-dotted-names"]);
    await expectPictures(zipSync({ "./": cat(), ...dotted }), ["zip-dotted-names"]);
    const both = zipSync({ ...dotted, ...pictures });
    await expect(openSet(memorySource(both))).rejects.toThrow(/expected each once/);
  });

  it.each<[string, { method?: number; flags?: number }, RegExp]>([
    ["bzip2", { method: 12 }, /12 \(bzip2\); unpack it/],
    ["LZMA", { method: 14 }, /14 \(LZMA\); unpack it/],
    ["a method of tomorrow", { method: 77 }, /got 77; unpack it/],
    ["a password", { flags: 1 }, /no encryption/],
  ])("does not recognise what is packed with %s: it is not unsafe", async (_, { method, flags }, message) => {
    const bytes = zipSync({ ...pictures });
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const signature = view.getUint32(at, true);
      const place = signature === 0x04034b50 ? at + 6 : signature === 0x02014b50 ? at + 8 : undefined;
      if (place === undefined) continue;
      if (flags !== undefined) view.setUint16(place, flags, true);
      if (method !== undefined) view.setUint16(place + 2, method, true);
    }
    const { inspection } = await inspect(memorySource(bytes));
    expect([inspection.verdict, inspection.findings]).toEqual([
      "not recognised",
      [expect.objectContaining({ rule: "not-recognised", message: expect.stringMatching(message) })],
    ]);
    const beside = await inspect(memoryFolder(new Map(Object.entries({ ...pictures, "x.zip": bytes }))));
    expect([beside.inspection.verdict, beside.set?.shape[0]]).toEqual(["fine", 4]);
    expect(beside.inspection.findings.map((finding) => finding.message)).toContainEqual(
      expect.stringMatching(/x\.zip was not read: a zip archive; what it holds was not scanned/),
    );
  });

  it.skipIf(skip(!hasZip, "no Info-ZIP")).each([
    ["plain", ["-r"]],
    ["without folders", ["-rD"]],
    ["stored", ["-r0"]],
    ["streamed, with descriptors", ["-r", "-fd"]],
    ["in 64-bit form", ["-r", "-fz"]],
  ])("Info-ZIP, %s", async (_, flags) => {
    const folder = onDisk();
    execFileSync("zip", ["-q", ...flags, "../out.zip", "."], { cwd: join(folder) });
    await expectPictures(readFileSync(join(folder, "../out.zip")));
    execFileSync("rm", [join(folder, "../out.zip")]);
  });

  it.skipIf(skip(!hasZip, "no Info-ZIP"))("Info-ZIP to a pipe", async () => {
    const folder = onDisk();
    await expectPictures(execFileSync("zip", ["-qr", "-", "."], { cwd: folder, maxBuffer: 1 << 24 }));
  });

  it.skipIf(skip(!hasJar, "no jar"))("Java", async () => {
    const folder = onDisk();
    execFileSync("jar", ["cf", "../out.jar", "."], { cwd: folder });
    await expectPictures(readFileSync(join(folder, "../out.jar")), ["file-not-read"]);
    execFileSync("rm", [join(folder, "../out.jar")]);
  });

  it.skipIf(skip(!python, "no Python with PyTorch"))("Python, streamed and in 64-bit form", async () => {
    const folder = onDisk();
    runPython(
      python as string,
      `
import zipfile, os
class Pipe:
    def __init__(self, f): self.f = f
    def write(self, b): return self.f.write(b)
    def flush(self): pass
names = ['0/a.png', '0/b.png', '1/a.png', '1/b.png']
with open('stream.zip', 'wb') as f:
    with zipfile.ZipFile(Pipe(f), 'w', zipfile.ZIP_DEFLATED) as z:
        for n in names: z.write(n)
with zipfile.ZipFile('wide.zip', 'w') as z:
    for n in names:
        with z.open(n, 'w', force_zip64=True) as g: g.write(open(n, 'rb').read())
`,
      [],
      folder,
    );
    await expectPictures(readFileSync(join(folder, "stream.zip")));
    await expectPictures(readFileSync(join(folder, "wide.zip")));
  });
});

describe.skipIf(skip(!python, "no Python with PyTorch"))("tar archives of every flavour", () => {
  it.each(["USTAR", "GNU", "PAX", "V7"])("%s", async (flavour) => {
    const long = `${"very-long-folder-name-".repeat(8)}/`;
    const deep = flavour === "PAX" || flavour === "GNU" ? long : "";
    const folder = onDisk(Object.fromEntries(Object.entries(pictures).map(([path, bytes]) => [deep + path, bytes])));
    runPython(
      python as string,
      `
import tarfile, sys
flavour = sys.argv[1]
def old(info):
    return info
with tarfile.open('out.tar', 'w', format=getattr(tarfile, ('USTAR' if flavour == 'V7' else flavour) + '_FORMAT')) as t:
    t.add('.', filter=lambda i: None if i.name.endswith('.tar') else i)
if flavour == 'V7':
    data = bytearray(open('out.tar', 'rb').read())
    at = 0
    while any(data[at:at + 512]):
        size = int(data[at + 124:at + 135], 8)
        data[at + 257:at + 345] = bytes(88)
        if data[at + 156] == 53:
            end = data.index(0, at); data[at + 156] = 0
            if data[end - 1] != 47: data[end] = 47
        data[at + 148:at + 156] = b' ' * 8
        data[at + 148:at + 156] = b'%06o\\0 ' % sum(data[at:at + 512])
        at += 512 + (size + 511) // 512 * 512
    open('out.tar', 'wb').write(data)
`,
      [flavour],
      folder,
    );
    const tar = readFileSync(join(folder, "out.tar"));
    await expectPictures(tar);
    await expectPictures(gzipSync(tar));
  });
});

const hasTar = spawnSync("tar", ["--version"]).stdout?.includes("GNU tar");
describe.skipIf(skip(!hasTar, "no GNU tar"))("tar archives of GNU's tar", () => {
  it.each([
    ["with a label", ["--label=my set"]],
    ["for increments", ["--listed-incremental=../snapshot"]],
    ["with sparse files", ["--sparse"]],
    ["of owners with long numbers", ["--owner=9999999", "--group=9999999"]],
    ["in the oldest form", ["--format=v7"]],
  ])("%s", async (_, flags) => {
    const folder = onDisk();
    await expectPictures(
      execFileSync("tar", ["-c", ...flags, "."], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] }),
    );
  });
});

describe("gzip as tools write it", () => {
  const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >> 3);
  const parts = [content.subarray(0, 7), content.subarray(7, 7), content.subarray(7, 3000), content.subarray(3000)];
  const members = cat(...parts.map((part) => gzipSync(part)));

  it("all members, with padding, with names and comments", () => {
    expect(gunzip(members, 5000, "test")).toEqual(content);
    expect(gunzip(cat(members, new Uint8Array(700)), 5000, "test")).toEqual(content);
    expect(gunzip(cat(gzipSync(content, { filename: "x.bin" }), gzipSync(cat("end"))), 6000, "test")).toEqual(
      cat(content, "end"),
    );
    for (const most of [1, 7, 8, 2999, 5000]) expect(gunzipHead(members, most, "test")).toEqual(content.slice(0, most));
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["more than is allowed", cat(members, gzipSync(cat("x"))), /at most 5000 bytes/],
    ["other bytes behind the last member", cat(members, "x"), /expected another member or zeros/],
    ["a pickle behind the padding", cat(members, new Uint8Array(9), 0x80, 4, "."), /expected another member or zeros/],
    ["a member cut short", members.slice(0, -9), /missing gzip trailer/],
    [
      "a wrong checksum in the first member",
      members.map((b, i) => (i === gzipSync(parts[0]).length - 8 ? b ^ 1 : b)),
      /checksum/,
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => gunzip(new Uint8Array(bytes), 5000, "test")).toThrow(message);
  });

  it("IDX files of several members", async () => {
    const images = idxImages(
      3,
      4,
      4,
      Uint8Array.from({ length: 48 }, (_, i) => i * 5),
    );
    const split = (bytes: Uint8Array, at: number) => cat(gzipSync(bytes.subarray(0, at)), gzipSync(bytes.subarray(at)));
    for (const at of [3, 16, 30]) {
      const files = { "train-images.gz": split(images, at), "train-labels.gz": split(idxLabels([0, 1, 2]), 5) };
      const { set } = await openSet(memoryFolder(new Map(Object.entries(files))));
      expect(set?.kind === "labelled" && [...set.pixels]).toEqual([...images.subarray(16)]);
    }
  });
});
