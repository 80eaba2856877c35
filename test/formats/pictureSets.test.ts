import fc from "fast-check";
import { gzipSync } from "fflate";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import type { ReadOptions } from "../../src/formats/Format.ts";
import { imageFolder } from "../../src/formats/imageFolder.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { parquet } from "../../src/formats/parquet.ts";
import { writeZip } from "../../src/formats/zip/writeZip.ts";
import { cat, utf8 } from "./hostile/bytes.ts";
import { eightBitSet, greyPng, ppm } from "./pictureFixtures.ts";

const grey = (value: number) => greyPng(4, value);
const read = async (files: Record<string, Uint8Array>, options?: ReadOptions) =>
  openSet(memoryFolder(new Map(Object.entries(files)), "set"), options);
/** [value of the first pixel, class] of every image. */
const labelled = async (files: Record<string, Uint8Array>, options?: ReadOptions) => {
  const set = (await read(files, options)).set as LabelledSet;
  const size = set.shape[1] * set.shape[2] * set.shape[3];
  return Array.from(set.labels, (label, i) => [set.pixels[i * size], label]);
};

describe("class folders", () => {
  it("names that are numbers behind a prefix are the class: RDED, SRe2L, D4M", async () => {
    const expected = [
      [1, 0],
      [2, 2],
      [3, 10],
    ];
    for (const names of [
      ["00000/class00000_id00000.png", "00002/class00002_id00000.png", "00010/class00010_id00000.png"],
      ["new000/class000_id000.jpg", "new002/class002_id000.jpg", "new010/class010_id000.jpg"],
      ["0/0-image00.png", "2/2-image00.png", "10/10-image00.png"],
    ])
      expect(await labelled(Object.fromEntries(names.map((name, i) => [name, grey(i + 1)])))).toEqual(expected);
  });

  it("other names are sorted and counted, WordNet ids too, with words where they are", async () => {
    const files = { "n01443537/1.png": grey(1), "n01440764/7.png": grey(2), "n01443537/10.png": grey(3) };
    expect(await labelled(files)).toEqual([
      [2, 0],
      [1, 1],
      [3, 1],
    ]);
    const words = { "words.txt": utf8("n01440764\ttench, Tinca tinca\nn01443537\tgoldfish\n") };
    expect((await read({ ...files, ...words })).set?.classNames).toEqual(["tench", "goldfish"]);
  });

  it("halves above the classes are told apart", async () => {
    const files = {
      "train/a/1.png": grey(1),
      "train/b/1.png": grey(2),
      "val/a/1.png": grey(3),
      "val/b/1.png": grey(4),
    };
    expect(await labelled(files)).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(await labelled(files, { split: "test" })).toEqual([
      [3, 0],
      [4, 1],
    ]);
  });

  it("a class that is called test is a class", async () => {
    expect(await labelled({ "test/1.png": grey(1), "zebra/1.png": grey(2) })).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it("Tiny-ImageNet, validation annotations included", async () => {
    const files = {
      "tiny/train/n00000002/images/n02_0.JPEG": grey(1),
      "tiny/train/n00000001/images/n01_0.JPEG": grey(2),
      "tiny/val/images/val_0.JPEG": grey(3),
      "tiny/val/images/val_1.JPEG": grey(4),
      "tiny/val/val_annotations.txt": utf8("val_0.JPEG\tn00000002\t0\t0\t9\t9\nval_1.JPEG\tn00000001\t0\t0\t9\t9\n"),
    };
    expect(await labelled(files)).toEqual([
      [2, 0],
      [1, 1],
    ]);
    const expected = [
      [3, 1],
      [4, 0],
    ];
    expect(await labelled(files, { split: "test" })).toEqual(expected);
    const half = Object.entries(files).filter(([name]) => name.startsWith("tiny/val/"));
    expect(await labelled(Object.fromEntries(half.map(([name, bytes]) => [name.slice(9), bytes])))).toEqual(expected);
  });

  it("a table of labels beats folders, by path, name or name without ending", async () => {
    const files = { "train/1.png": grey(1), "train/2.png": grey(2), "train/10.png": grey(3) };
    const table = { "trainLabels.csv": utf8('id,label\n10,cat\n1,"a, dog"\n2,cat\n') };
    const set = (await read({ ...files, ...table })).set as LabelledSet;
    expect(set.classNames).toEqual(["a, dog", "cat"]);
    expect([...set.labels]).toEqual([1, 0, 1]);
    expect(set.pixels[0]).toBe(3);
  });

  it("flat folders of name_index_label", async () => {
    expect(await labelled({ "x_1_7.png": grey(1), "x_10_2.png": grey(3), "x_2_0.png": grey(2) })).toEqual([
      [1, 7],
      [2, 0],
      [3, 2],
    ]);
    await expect(read({ "x_1_7.png": grey(1), "y_1_2.png": grey(3) })).rejects.toThrow(
      /pictures of one set, got 2 \(x, y\)/,
    );
  });

  it("grey pictures in a colour set are repeated, and that is said", async () => {
    const { set, findings } = await read({ "a/1.png": grey(5), "b/1.ppm": ppm(4, [1, 2, 3]) });
    expect(set?.shape).toEqual([2, 3, 4, 4]);
    expect([0, 16, 32, 48, 64, 80].map((i) => (set as LabelledSet).pixels[i])).toEqual([5, 5, 5, 1, 2, 3]);
    expect(findings.map(({ rule }) => rule)).toContain("grey-pictures");
  });

  it("pictures that nothing labels are described", async () => {
    const { set, findings, objects } = await read({ "a.png": grey(5), "b.png": grey(6) });
    expect(set).toBeUndefined();
    expect(objects[0].shape).toEqual([2, 1, 4, 4]);
    expect(findings.map(({ rule }) => rule)).toEqual(["labels-missing"]);
  });

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    [
      "sizes that differ",
      { "a/1.png": grey(5), "b/1.png": greyPng(5, 1) },
      /b\/1\.png: .*expected 4 × 4 as a\/1\.png has, got 5 × 5/,
    ],
    ["a picture that is none", { "a/1.png": grey(5), "b/1.png": utf8("<script>") }, /b\/1\.png: picture: unknown kind/],
    [
      "a table with a file twice",
      { "1.png": grey(5), "2.png": grey(6), "labels.csv": utf8("file,label\n1.png,1\n1.png,2\n") },
      /each file once/,
    ],
    [
      "a table with missing cells",
      { "1.png": grey(5), "2.png": grey(6), "labels.csv": utf8("file,label\n1.png\n") },
      /expected 2 cells, got 1/,
    ],
    [
      "more pixels than allowed",
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i % 2}/${i}.png`, greyPng(200, 1)])),
      /raise the byte limit/,
    ],
  ])("refuses %s", async (_, files, message) => {
    await expect(read(files, { maxBytes: 2 ** 21 })).rejects.toThrow(message);
  });
});

describe("archives of pictures", () => {
  const files = new Map([
    ["top/a/1.png", grey(1)],
    ["top/b/1.png", grey(2)],
  ]);
  const entry = (name: string, bytes: Uint8Array, type = "0") => {
    const head = new Uint8Array(512);
    const put = (text: string, at: number) => head.set(utf8(text), at);
    put(name, 0);
    put(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    put(type, 156);
    put("ustar\0", 257);
    put("        ", 148);
    put(
      `${head
        .reduce((a, b) => a + b, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
    );
    return cat(head, bytes, new Uint8Array(-bytes.length & 511));
  };
  const tar = cat(...[...files].map(([name, bytes]) => entry(name, bytes)), new Uint8Array(1024));

  it.each<[string, Uint8Array]>([
    ["zip", writeZip(files)],
    ["deflated zip", writeZip(files, 9)],
    ["tar", tar],
    ["tar.gz", gzipSync(tar)],
  ])("%s", async (_, bytes) => {
    const { format, set } = await openSet(memorySource(bytes));
    expect(format).toBe("imageFolder");
    expect([...(set as LabelledSet).labels]).toEqual([0, 1]);
    expect((set as LabelledSet).pixels[16]).toBe(2);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["a symbolic link", cat(entry("a/1.png", cat(), "2"), tar), /a symbolic link/],
    ["a hard link", cat(entry("a/1.png", cat(), "1"), tar), /a hard link/],
    ["a device", cat(entry("a/1.png", cat(), "3"), tar), /expected files and folders/],
    ["a way out", cat(entry("../1.png", grey(1)), tar), /invalid name/],
    ["an absolute path", cat(entry("/etc/1.png", grey(1)), tar), /an absolute path/],
    ["a name twice", cat(entry("a/1.png", grey(1)), entry("a/1.png", grey(2))), /each once/],
    ["a wrong checksum", tar.map((byte, i) => (i === 3 ? byte ^ 1 : byte)), /invalid checksum/],
    ["an entry longer than the file", tar.subarray(0, 520), /invalid size/],
  ])("refuses %s in a tar", async (_, bytes, message) => {
    await expect(imageFolder.read(memorySource(new Uint8Array(bytes)))).rejects.toThrow(message);
  });
});

describe("parquet of others", () => {
  const table = (n: number, extra: object = {}) =>
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
          { name: "image", data: Array.from({ length: n }, (_, i) => ({ bytes: grey(i & 255), path: null })) },
          { name: "label", data: Array.from({ length: n }, (_, i) => BigInt(i % 3)) },
        ],
        ...extra,
      }),
    );

  it.each<[string, object]>([
    ["snappy", {}],
    ["not compressed", { codec: "UNCOMPRESSED" }],
    ["many small pages and row groups", { rowGroupSize: 50, pageSize: 200 }],
  ])("reads rows: %s", async (_, options) => {
    const { set } = await openSet(memorySource(table(300, options)));
    expect(set?.shape).toEqual([300, 1, 4, 4]);
    expect(Array.from({ length: 300 }, (_, i) => (set as LabelledSet).pixels[16 * i])).toEqual(
      Array.from({ length: 300 }, (_, i) => i & 255),
    );
    expect([...(set as LabelledSet).labels.subarray(0, 5)]).toEqual([0, 1, 2, 0, 1]);
  });

  it("names of classes as a hub keeps them", async () => {
    const value = JSON.stringify({ info: { features: { label: { names: ["x", "y", "z"], _type: "ClassLabel" } } } });
    const { set } = await openSet(memorySource(table(4, { kvMetadata: [{ key: "huggingface", value }] })));
    expect(set?.classNames).toEqual(["x", "y", "z"]);
  });

  it("agrees with an independent reader, and an independent reader with our files", async () => {
    const bytes = [...((await parquet.write?.(eightBitSet()))?.files.values() ?? [])][0];
    const rows = await parquetReadObjects({ file: bytes.slice().buffer as ArrayBuffer, utf8: false });
    expect(rows.map(({ label }) => label)).toEqual([0n, 0n, 1n, 1n, 2n, 2n]);
    expect(rows[0].image.path).toBe("00000.png");
    expect([...rows[0].image.bytes.subarray(1, 4)]).toEqual([...utf8("PNG")]);
  });

  it("mutated files give a set or a DataError, in bounded time", async () => {
    const good = table(20);
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = good.slice();
        for (const [at, value] of list) bytes[at] = value;
        const outcome = await parquet.read(memorySource(bytes), { maxBytes: 2 ** 22 }).catch((error) => error);
        expect(outcome instanceof Error ? outcome.name : "set").toMatch(/^(set|DataError)$/);
      }),
      { numRuns: 400 },
    );
  });

  const good = table(3);
  const tail = (length: number) =>
    cat(good.subarray(0, good.length - 8), [length & 255, length >> 8, length >> 16, length >>> 24], "PAR1");
  it.each<[string, Uint8Array, RegExp]>([
    ["a footer longer than the file", tail(0x7fffffff), /invalid footer/],
    ["a footer of nothing", tail(0), /missing field|invalid field/],
    [
      "a footer that nests without end",
      cat("PAR1", new Uint8Array(2000).fill(0x1c), [0xd0, 7, 0, 0], "PAR1"),
      /invalid nesting/,
    ],
    [
      "a list of a thousand million items",
      cat("PAR1", 0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 3, 0, [8, 0, 0, 0], "PAR1"),
      /invalid list/,
    ],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(parquet.read(memorySource(bytes))).rejects.toThrow(message);
  });
});

describe("picture grids", () => {
  it("a lone picture without gaps is refused with the reason", async () => {
    const noise = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * 2654435761) >>> 24);
    const raw = cat(...Array.from({ length: 64 }, (_, y) => [0, ...noise.subarray(64 * y, 64 * y + 64)]));
    const { png } = await import("./pictureFixtures.ts");
    await expect(openSet(memorySource(png({ width: 64, height: 64, raw })))).rejects.toThrow(
      /equal tiles with straight gaps/,
    );
  });
});
