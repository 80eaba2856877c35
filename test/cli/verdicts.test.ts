import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { attack } from "../../src/cli/commands/attack.ts";
import { convert } from "../../src/cli/commands/convert.ts";
import { diff } from "../../src/cli/commands/diff.ts";
import { evaluate } from "../../src/cli/commands/evaluate.ts";
import { inspect } from "../../src/cli/commands/inspect.ts";
import { search } from "../../src/cli/commands/search.ts";
import type { Finding } from "../../src/formats/Format.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { type FileVerdict, verdictStatus } from "../../src/formats/verdict.ts";
import { writeZip } from "../../src/formats/zip/writeZip.ts";
import { cat } from "../formats/hostile/bytes.ts";
import * as p from "../formats/hostile/pickles.ts";
import { torchFile } from "../formats/hostile/zips.ts";
import { eightBitSet, greyPng, png } from "../formats/pictureFixtures.ts";
import { scratchFolder } from "../python.ts";
import { call } from "./fakeTerminal.ts";

const commands = { inspect, convert, diff, evaluate, attack, search };
const run = (...words: string[]) => call(commands, ...words);

const utf8 = (text: string) => new TextEncoder().encode(text);
const evil = p.pickle(p.system());
const text0 = utf8("cposix\nsystem\n(S'id'\ntR.");
const stranger = p.pickle(p.reduce(p.global("mynets.models", "ConvNet")));
const pictures = {
  "0/0.png": greyPng(8, 3),
  "0/1.png": greyPng(8, 90),
  "1/0.png": greyPng(8, 160),
  "1/1.png": greyPng(8, 250),
};
const photo = png({ width: 9, height: 7, raw: Uint8Array.from({ length: 70 }, (_, i) => (i % 10 === 0 ? 0 : i * 37)) });

interface Row {
  readonly name: string;
  /** One file, or a folder of files. */
  readonly content: Uint8Array | Readonly<Record<string, Uint8Array>>;
  readonly verdict: FileVerdict;
  /** Do the commands that use a set go on with it, and what do they say? */
  readonly used?: RegExp | true;
}

const zipped = (files: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 0) =>
  writeZip(new Map(Object.entries(files)), level);
const tensorsOf = (metadata: Record<string, unknown>) => setToSafetensors(eightBitSet({ metadata }));

const rows: readonly Row[] = [
  { name: "a set", content: setToSafetensors(eightBitSet()), verdict: "fine", used: true },
  { name: "pictures", content: pictures, verdict: "fine", used: true },
  { name: "pictures with a text", content: { ...pictures, "README.txt": utf8("hello") }, verdict: "fine", used: true },
  {
    name: "tampered",
    content: tensorsOf({ tampered: { attack: "badNets" } }),
    verdict: "tampered",
    used: /says of itself/,
  },
  { name: "tampered, as a text", content: tensorsOf({ poisoned: "yes" }), verdict: "tampered", used: /says of itself/ },
  { name: "not tampered, it says", content: tensorsOf({ tampered: false }), verdict: "fine", used: true },
  { name: "a pickle that acts", content: torchFile(evil), verdict: "dangerous" },
  { name: "a bare pickle", content: evil, verdict: "dangerous" },
  { name: "a pickle of protocol 0", content: text0, verdict: "dangerous" },
  { name: "a gzipped pickle", content: gzipSync(evil), verdict: "dangerous" },
  { name: "a zip of a text that is a pickle", content: zipped({ "notes.txt": text0 }), verdict: "dangerous" },
  ...[
    "x.pkl",
    "0/notes.txt",
    "labels",
    ".hidden",
    "model.pt.gz",
    "deep.zip",
    "__MACOSX/._x",
    "Thumbs.db",
    "set.json",
    "words.txt",
  ].map((path) => {
    const inner = path.endsWith(".gz")
      ? gzipSync(evil)
      : path.endsWith(".zip")
        ? zipped({ "a.zip": zipped({ b: text0 }) }, 6)
        : evil;
    return {
      name: `pictures beside ${path}`,
      content: { ...pictures, [path]: inner },
      verdict: "dangerous",
      used: /os\.system|posix\.system/,
    } as const;
  }),
  {
    name: "an archive of pictures and a pickle",
    content: zipped({ ...pictures, "1/w.bin": evil }),
    verdict: "dangerous",
    used: /os\.system/,
  },
  { name: "a class of somebody's program", content: torchFile(stranger), verdict: "unknown" },
  {
    name: "it beside pictures",
    content: { ...pictures, "net.pth": torchFile(stranger) },
    verdict: "unknown",
    used: /mynets\.models\.ConvNet/,
  },
  { name: "a file cut short", content: torchFile(p.pickle(p.tensor())).slice(0, -9), verdict: "unsafe" },
  {
    name: "a broken picture in a set",
    content: { ...pictures, "0/0.png": greyPng(8, 3).slice(0, 40) },
    verdict: "unsafe",
  },
  { name: "a text", content: utf8("It is a text.\nNothing more."), verdict: "not recognised" },
  { name: "a text that begins like a pickle", content: utf8("cat\ndog\nfrog\n."), verdict: "not recognised" },
  { name: "a text with a brace in its ninth place", content: utf8("settings{a: 1}"), verdict: "not recognised" },
  { name: "a picture", content: photo, verdict: "not recognised" },
  { name: "a table", content: utf8("epoch,loss\n1,0.5\n"), verdict: "not recognised" },
  { name: "an empty file", content: cat(), verdict: "not recognised" },
  { name: "a zip of texts", content: zipped({ "a.txt": utf8("a"), "b.txt": utf8("b") }), verdict: "not recognised" },
  { name: "a GIF", content: utf8("GIF89a............"), verdict: "not recognised" },
  { name: "an HDF5 file", content: cat(0x89, "HDF\r\n\x1a\n", new Uint8Array(64)), verdict: "not recognised" },
  ...Object.entries({
    "a row of another length": "file,label\n0/0.png,0\n0/1.png,0,1\n1/0.png,1\n",
    "a file twice": "file,label\n0/0.png,0\n0/0.png,1\n",
  }).map(([name, text]) => ({
    name: `pictures with a table with ${name}`,
    content: { ...pictures, "labels.csv": utf8(text) },
    verdict: "not recognised" as const,
  })),
  {
    name: "pictures of two sets in one folder",
    content: { "a_00_0.png": greyPng(8, 1), "b_00_1.png": greyPng(8, 9) },
    verdict: "not recognised",
  },
  {
    name: "pictures of two sizes",
    content: { "0/a.png": greyPng(8, 1), "1/b.png": greyPng(9, 1) },
    verdict: "not recognised",
  },
];

async function written({ content, name }: Row): Promise<string> {
  const root = join(scratchFolder(), "input");
  const files = content instanceof Uint8Array ? { "": content } : content;
  for (const [path, bytes] of Object.entries(files)) {
    const full = join(root, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, bytes);
  }
  expect(name).not.toBe("");
  return root;
}

describe("one rule for what a file is", () => {
  it.each(rows)("inspect: $name is $verdict", async (row) => {
    const { status, stdout } = await run("inspect", await written(row), "--json");
    const { verdict, findings } = JSON.parse(stdout);
    expect([verdict, findings]).toEqual([row.verdict, findings]);
    expect(status).toBe(verdictStatus[row.verdict]);
    // Nothing is said twice, by the reader and by the scan.
    const names = findings.map(({ rule, message }: Finding) => `${rule} ${/names \S+/.exec(message)?.[0] ?? message}`);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each(rows)("commands that use a set: $name", async (row) => {
    const path = await written(row);
    const out = join(scratchFolder(), "out.npz");
    const { status, stderr } = await run("convert", path, out);
    expect([status, stderr]).toEqual([row.used ? 0 : 2, stderr]);
    if (row.used instanceof RegExp) expect(stderr).toMatch(row.used);
    if (row.used) return;
    for (const words of [
      ["evaluate", path],
      ["attack", "bad-nets", path],
      ["search", "bad-nets", path],
      ["diff", path, path],
    ])
      expect([words[0], (await run(...words)).status]).toEqual([words[0], 2]);
  });
});
