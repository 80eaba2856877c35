import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import type { Source } from "../../src/formats/Format.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { writeSafetensors } from "../../src/formats/safetensors/safetensorsFile.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { declarations } from "../../src/formats/saysTampered.ts";
import { verdictOf } from "../../src/formats/verdict.ts";
import { writeZip } from "../../src/formats/zip/writeZip.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";
import { cat } from "./hostile/bytes.ts";
import * as p from "./hostile/pickles.ts";
import { eightBitSet, greyPng, matArray, matHeader } from "./pictureFixtures.ts";

type Said = readonly [name: string, value: unknown, says: boolean];

/** What is said, and whether that says that the set was tampered with. */
const table: readonly Said[] = [
  ["tampered", true, true],
  ["Backdoored", "yes", true],
  ["is_poisoned", "by badNets", true],
  ["attack", { name: "badNets" }, true],
  ["poison", [0, 0, 1], true],
  ["tampered", false, false],
  ["poisoned", "no", false],
  ["attack", null, false],
  ["poison", [0, 0, 0], false],
  ["backdoor", "not that we know", false],
  ["trigger", "square", false],
];
/** Where it stands in the record. */
const places: readonly ((name: string, value: unknown) => Record<string, unknown>)[] = [
  (name, value) => ({ [name]: value }),
  (name, value) => ({ metadata: { [name]: value } }),
  (name, value) => ({ runs: [{ note: "first" }, { settings: { [name]: value } }] }),
];

const utf8 = (text: string) => new TextEncoder().encode(text);
const tensors = {
  images: { shape: [2, 3, 8, 8], data: new Float32Array(384) },
  labels: { shape: [2], data: BigInt64Array.of(0n, 1n) },
};
const pictures = { "0/a.png": greyPng(8, 3), "1/b.png": greyPng(8, 90) };
const folder = (files: Record<string, Uint8Array>) => memoryFolder(new Map(Object.entries(files)));
const texts = (record: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
const json = (record: Record<string, unknown>) => utf8(JSON.stringify(record));

function tar(files: Record<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    const head = new Uint8Array(512);
    const put = (at: number, text: string) => head.set(utf8(text), at);
    put(0, name);
    put(100, "0000644\0");
    put(124, `${bytes.length.toString(8).padStart(11, "0")}\0`);
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    put(
      148,
      `${head
        .reduce((a, b) => a + b)
        .toString(8)
        .padStart(6, "0")}\0 `,
    );
    parts.push(head, bytes, new Uint8Array(-bytes.length & 511));
  }
  return cat(...parts, new Uint8Array(1024));
}

const hub = (kvMetadata: { key: string; value: string }[]) =>
  new Uint8Array(
    parquetWriteBuffer({
      schema: [
        { name: "root", num_children: 2 },
        { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
        { name: "label", type: "INT64", repetition_type: "REQUIRED" },
      ],
      columnData: [
        { name: "image", data: Object.values(pictures).map((bytes, i) => ({ bytes, path: `${i}.png` })) },
        { name: "label", data: [0n, 1n] },
      ],
      kvMetadata,
    }),
  );

/** MessagePack of plain values. */
function msgpack(value: unknown): Uint8Array<ArrayBuffer> {
  if (value === null) return cat(0xc0);
  if (typeof value === "boolean") return cat(value ? 0xc3 : 0xc2);
  if (typeof value === "number") return cat(value);
  if (typeof value === "string") return cat(0xa0 | value.length, value);
  if (Array.isArray(value)) return cat(0x90 | value.length, ...value.map(msgpack));
  const members = Object.entries(value as object);
  return cat(0x80 | members.length, ...members.flatMap(([key, member]) => [msgpack(key), msgpack(member)]));
}

const formats: Readonly<Record<string, (record: Record<string, unknown>) => Source>> = {
  "our safetensors": (metadata) => memorySource(setToSafetensors(eightBitSet({ metadata }))),
  "safetensors of others": (record) => memorySource(writeSafetensors(tensors, texts(record))),
  "a folder of pictures with JSON beside": (record) => folder({ ...pictures, "about.json": json(record) }),
  "a folder of pictures with set.json": (record) => folder({ ...pictures, "set.json": json(record) }),
  "a folder of pictures with lines of JSON": (record) =>
    folder({ ...pictures, "metadata.jsonl": cat("{}\n", json(record), "\n") }),
  "a zip of pictures with JSON": (record) =>
    memorySource(writeZip(new Map(Object.entries({ ...pictures, "deep/info.json": json(record) })), 0)),
  "a tar of pictures with JSON": (record) => memorySource(tar({ ...pictures, "info.json": json(record) })),
  "a table of an image hub": (record) =>
    memorySource(hub(Object.entries(texts(record)).map(([key, value]) => ({ key, value })))),
  "a Flax checkpoint": (record) => memorySource(msgpack({ x_proto: 1, ...record })),
};

const rulesOf = async (source: Source) => (await openSet(source)).findings.map(({ rule }) => rule);

describe("one rule for a set that says it was tampered with", () => {
  it.each(Object.keys(formats))("%s", async (name) => {
    for (const [key, value, says] of table)
      for (const [i, place] of places.entries()) {
        const { findings, set } = await openSet(formats[name](place(key, value)));
        const seen = [key, value, i, verdictOf(findings)];
        expect(seen).toEqual([key, value, i, says ? "tampered" : "fine"]);
        // What is said travels along when the set is written in another form.
        if (says && set?.kind === "distilled") expect(declarations(set.metadata)).toHaveLength(1);
      }
  });

  it("a column of a table, a tensor and an array of MATLAB", async () => {
    const labels = (cells: string[]) =>
      folder({
        ...pictures,
        "labels.csv": utf8(`file,label,poisoned\n0/a.png,0,${cells[0]}\n1/b.png,1,${cells[1]}\n`),
      });
    expect(await rulesOf(labels(["0", "1"]))).toContain("tampered");
    expect(await rulesOf(labels(["0", "0"]))).not.toContain("tampered");
    for (const flag of [0, 1]) {
      const flagged = { ...tensors, poisoned: { shape: [2], data: Uint8Array.of(0, flag) } };
      expect((await rulesOf(memorySource(writeSafetensors(flagged)))).includes("tampered")).toBe(flag === 1);
      const mat = cat(matHeader, matArray("tampered", [1, 1], [flag]));
      expect((await rulesOf(memorySource(mat))).includes("tampered")).toBe(flag === 1);
    }
    const word = (text: string) => cat(matHeader, matArray("tampered", [1, text.length], utf8(text), 4, 16));
    expect(await rulesOf(memorySource(word("yes")))).toContain("tampered");
    expect(await rulesOf(memorySource(word("no")))).not.toContain("tampered");
  });

  it("names of classes and columns are no declaration", () => {
    expect(declarations({ class_to_idx: { attack: 3 }, classNames: ["poison"], features: { poisoned: 1 } })).toEqual(
      [],
    );
    expect(declarations({ history: { of: { attack: "x" } } })).toMatchObject([{ path: "history.of.attack" }]);
  });

  it("a record without end is left", () => {
    const round: Record<string, unknown> = {};
    round.again = round;
    expect(declarations(round)).toEqual([]);
    expect(declarations(Array.from({ length: 110_000 }, () => ({ a: 1 })))).toEqual([]);
  });

  it("a pickle of protocol 2", async () => {
    const pickled = p.pickle(p.dict(["metadata", p.dict(["tampered", p.text("yes")])]));
    expect(await rulesOf(memorySource(pickled))).toEqual(["tampered"]);
  });
});

const python = findPython("torch", "numpy");

describe.skipIf(skip(!python, "no Python with PyTorch and NumPy"))("as NumPy, PyTorch and pickle write it", () => {
  const cases = [
    ["tampered", true, "top", true],
    ["poisoned", "yes", "deep", true],
    ["backdoor", { attack: "badNets" }, "deep", true],
    ["tampered", false, "deep", false],
    ["tampered", "no", "top", false],
  ] as const;
  const program = `
import sys, json, os, pickle, numpy as np, torch
x, y = np.zeros((2, 3, 8, 8), np.float32), np.arange(2)
tx, ty = torch.zeros(2, 3, 8, 8), torch.arange(2)
for i, (key, value, place, _) in enumerate(json.loads(sys.argv[1])):
    os.mkdir(str(i)); os.chdir(str(i))
    record = {key: value} if place == 'top' else {'metadata': {'note': 'x', 'inner': {key: value}}}
    text = lambda v: v if isinstance(v, str) else json.dumps(v)
    np.savez('objects.npz', images=x, labels=y, **{k: np.array(v, dtype=object) if isinstance(v, dict) else v for k, v in record.items()})
    np.savez('texts.npz', images=x, labels=y, **{k: text(v) for k, v in record.items()})
    np.savez_compressed('bytes.npz', images=x, labels=y, **{k: text(v).encode() for k, v in record.items()})
    torch.save({'images': tx, 'labels': ty, **record}, 'zip.pt')
    torch.save({'images': tx, 'labels': ty, **record}, 'legacy.pt', _use_new_zipfile_serialization=False)
    torch.save({'data': [[tx, ty]], **record}, 'dc.pt')
    torch.save({'images': tx, 'labels': ty, key: torch.tensor(0 if value in (False, 'no') else 1)}, 'tensor.pt')
    pickle.dump({'images': x, 'labels': y, **record}, open('plain.pkl', 'wb'))
    os.chdir('..')
`;
  const root = scratchFolder();
  if (python) runPython(python, program, [JSON.stringify(cases)], root);
  const files = ["objects.npz", "texts.npz", "bytes.npz", "zip.pt", "legacy.pt", "dc.pt", "tensor.pt", "plain.pkl"];

  it.each(cases.map((row, i) => ({ row, i })))("$row", async ({ row, i }) => {
    const seen: [string, string][] = [];
    for (const file of files) {
      const { findings, set } = await openSet(memorySource(readFileSync(join(root, String(i), file)), file));
      seen.push([file, verdictOf(findings)]);
      expect([file, set?.shape]).toEqual([file, [2, 3, 8, 8]]);
    }
    expect(seen).toEqual(files.map((file) => [file, row[3] ? "tampered" : "fine"]));
  });
});
