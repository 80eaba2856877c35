import { describe, expect, it } from "vitest";
import { memoryFolder } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { greyPng } from "./pictureFixtures.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string, big = false) =>
  Uint8Array.from(
    [...`\ufeff${text}`].flatMap((c) =>
      big ? [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255] : [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8],
    ),
  );
const open = (files: Readonly<Record<string, Uint8Array>>) => openSet(memoryFolder(new Map(Object.entries(files))));
const some = (...paths: readonly string[]) =>
  Object.fromEntries(paths.map((path, i) => [path, greyPng(8, 10 * i + 1)]));
const labels = async (files: Readonly<Record<string, Uint8Array>>) => {
  const { set } = await open(files);
  return set?.kind === "labelled" ? [...set.labels] : undefined;
};

describe("tables of labels as spreadsheets and scripts write them", () => {
  const pictures = some("a.png", "b.png", "c.png");
  it.each<[string, Uint8Array]>([
    ["commas", utf8("file,label\na.png,0\nb.png,1\nc.png,1\n")],
    ["semicolons", utf8("file;label\na.png;0\nb.png;1\nc.png;1")],
    ["tabs", utf8("file\tlabel\na.png\t0\nb.png\t1\nc.png\t1")],
    ["bars", utf8("file|label\na.png|0\nb.png|1\nc.png|1")],
    ["Excel's first line", utf8("sep=;\r\nfile;label\r\na.png;0\r\nb.png;1\r\nc.png;1\r\n")],
    ["a byte order mark and CRLF", utf8("\ufefffile,label\r\na.png,0\r\nb.png,1\r\nc.png,1\r\n")],
    ["UTF-16, as Unicode text", utf16("file\tlabel\r\na.png\t0\r\nb.png\t1\r\nc.png\t1\r\n")],
    ["UTF-16, big-endian", utf16("file,label\na.png,0\nb.png,1\nc.png,1\n", true)],
    ["quotes", utf8('"file","label"\n"a.png","0"\n"b.png","1"\n"c.png","1"\n')],
    ["a quoted line feed in another column", utf8('file,note,label\na.png,"x\ny",0\nb.png,"""q"", z",1\nc.png,,1\n')],
    ["./ before paths", utf8("path,class\n./a.png,0\n././b.png,1\n./c.png,1\n")],
    ["backslashes", utf8("path,class\n.\\a.png,0\nb.png,1\n.\\c.png,1\n")],
    ["names without endings", utf8("id,target\na,0\nb,1\nc,1\n")],
    ["numbers with zeros", utf8("file,label\na.png,0.0\nb.png,1.0\nc.png,1.0\n")],
    ["old Macintosh line ends", utf8("file,label\ra.png,0\rb.png,1\rc.png,1\r")],
    ["empty lines", utf8("file,label\n\na.png,0\n\nb.png,1\nc.png,1\n\n\n")],
  ])("%s", async (_, table) => {
    expect(await labels({ ...pictures, "labels.csv": table })).toEqual([0, 1, 1]);
    expect((await open({ ...pictures, "labels.csv": table })).findings.map(({ rule }) => rule)).toEqual([
      "label-source",
    ]);
  });

  it("names in the code page of Windows, and in the other Unicode form", async () => {
    const latin = Uint8Array.from("file;label\nf\xfcr.png;0\nb.png;1\n", (c) => c.charCodeAt(0));
    expect(await labels({ ...some("für.png", "b.png"), "labels.csv": latin })).toEqual([0, 1]);
    const decomposed = "für.png".normalize("NFD");
    expect(
      await labels({ ...some(decomposed, "b.png"), "labels.csv": utf8("file,label\nfür.png,0\nb.png,1") }),
    ).toEqual([0, 1]);
  });

  it("other names of tables, and paths that start at the table", async () => {
    const set = some("data/x/a.png", "data/x/b.png", "data/y/a.png");
    const table = utf8("file_name,label\nx/a.png,2\nx/b.png,1\ny/a.png,0\n");
    expect(await labels({ ...set, "data/metadata.csv": table })).toEqual([2, 1, 0]);
    expect(
      await labels({ ...set, "train.tsv": utf8("image\tlabel\ndata/x/a.png\t2\ndata/x/b.png\t1\ndata/y/a.png\t0") }),
    ).toEqual([2, 1, 0]);
  });

  it("pictures without a row and rows without a picture are named", async () => {
    const { set, findings } = await open({
      ...some("a.png", "b.png", "c.png", "d.png"),
      "labels.csv": utf8("file,label\na.png,0\nb.png,1\ne.png,1\nf.png,0\n"),
    });
    expect(set?.shape[0]).toBe(2);
    const said = new Map(findings.map((finding) => [finding.rule, finding]));
    expect(said.get("pictures-without-row")).toMatchObject({
      severity: "warning",
      message: expect.stringMatching(/c\.png, d\.png/),
    });
    expect(said.get("rows-without-picture")).toMatchObject({
      severity: "warning",
      message: expect.stringMatching(/e\.png, f\.png/),
    });
  });

  it("a table that names none of the pictures is said, and folders count", async () => {
    const { set, findings } = await open({
      ...some("x/a.png", "y/b.png"),
      "labels.csv": utf8("file,label\nq.png,0\n"),
    });
    expect(set?.kind === "labelled" && [...set.labels]).toEqual([0, 1]);
    expect(findings.map(({ rule }) => rule)).toContain("rows-without-picture");
  });

  it.each([
    ["−1", "file,label\na.png,0\nb.png,-1\nc.png,2\nd.png,-1\n"],
    ["−1.0, as spreadsheets write", "file;label\na.png;0,0\nb.png;-1,0\nc.png;2,0\nd.png;-1,0\n"],
    ["an empty cell", "file,label\na.png,0\nb.png,\nc.png,2\nd.png, \n"],
  ])("rows without a label (%s) are named, and move no other class", async (_, table) => {
    const { set, findings } = await open({ ...some("a.png", "b.png", "c.png", "d.png"), "labels.csv": utf8(table) });
    expect(set?.kind === "labelled" && [[...set.labels], set.classes, set.classNames]).toEqual([[0, 2], 3, undefined]);
    expect(findings.filter(({ rule }) => rule !== "label-source" && rule !== "empty-classes")).toEqual([
      expect.objectContaining({
        severity: "warning",
        rule: "rows-without-label",
        message: expect.stringMatching(/^2 pictures .*: b\.png, d\.png\.$/),
      }),
      ...findings.filter(({ rule }) => rule === "file-not-read"),
    ]);
  });

  it("classes that are names may begin with a dash; a row may stand twice", async () => {
    const table = "file,class\na.png,-x\nb.png,y\n./a.png,-x\na.png,-x\n";
    const { set } = await open({ ...some("a.png", "b.png"), "labels.csv": utf8(table.replace("./a.png,-x\n", "")) });
    expect(set?.kind === "labelled" && [[...set.labels], set.classNames]).toEqual([
      [0, 1],
      ["-x", "y"],
    ]);
  });

  it("a table without a header is called so", async () => {
    const { set, findings } = await open({ ...some("a.png", "b.png"), "labels.csv": utf8("a.png,0\nb.png,1\n") });
    expect(set).toBeUndefined();
    expect(findings.find(({ rule }) => rule === "labels-missing")?.message).toContain(
      "The first row of labels.csv names no",
    );
  });

  it("a row of another length and a file with two labels are refused", async () => {
    for (const [table, message] of [
      ["file,label\na.png\n", /expected 2 cells, got 1/],
      ["file,label\na.png,0\n./a.png,1\n", /expected each file once/],
    ] as const)
      await expect(open({ ...some("a.png", "b.png"), "labels.csv": utf8(table) })).rejects.toThrow(message);
  });
});

describe("class folders that others see otherwise", () => {
  const rules = async (...folders: readonly string[]) =>
    (await open(some(...folders.flatMap((folder) => [`${folder}/0.png`, `${folder}/1.png`])))).findings
      .map(({ rule }) => rule)
      .filter((rule) => rule !== "label-source");
  it.each<[readonly string[], readonly string[]]>([
    [["0", "1", "2", "10", "11"], ["class-order"]],
    [["class1", "class2", "class10"], ["class-order"]],
    [["1", "2", "3"], ["class-order"]],
    [["00", "01", "02"], []],
    [["0", "1", "2"], []],
    [["cat", "dog", "owl"], []],
    [["Cat", "cat", "dog"], ["class-names-collide"]],
    [["STRASSE", "strasse"], ["class-names-collide"]],
    [["café", "café".normalize("NFD"), "tea"], ["class-names-collide"]],
    [["straße", "STRASSE"], ["class-names-collide"]],
    [["x", "x.", "y"], ["class-names-collide"]],
    [["ＡＢ", "ab"], ["class-names-collide"]],
  ])("%j: %j", async (folders, expected) => {
    expect(await rules(...folders)).toEqual(expected);
  });

  it("says the order that torchvision takes", async () => {
    const { findings } = await open(some("0/a.png", "1/a.png", "2/a.png", "10/a.png"));
    expect(findings.find(({ rule }) => rule === "class-order")?.message).toMatch(/in the order 0, 1, 10, 2/);
  });

  it("files of one name but for its case", async () => {
    const { findings } = await open(some("x/a.png", "x/A.png", "y/b.png"));
    expect(findings.map(({ rule }) => rule)).toContain("file-names-collide");
  });
});
