import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convert } from "../../src/cli/commands/convert.ts";
import { data } from "../../src/cli/commands/data.ts";
import { diff } from "../../src/cli/commands/diff.ts";
import { inspect } from "../../src/cli/commands/inspect.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { fromPixels } from "../../src/data/normalise.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import type { Format } from "../../src/formats/Format.ts";
import { openSet } from "../../src/formats/open.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { register } from "../../src/library/register.ts";
import { save } from "../../src/node/save.ts";
import * as p from "../formats/hostile/pickles.ts";
import { torchFile } from "../formats/hostile/zips.ts";
import { eightBitSet } from "../formats/pictureFixtures.ts";
import { scratchFolder } from "../python.ts";
import { call } from "./fakeTerminal.ts";

const commands = { inspect, convert, data, diff };
const run = (...words: string[]) => call(commands, ...words);

async function setFile(overrides = {}, name = "set.safetensors"): Promise<string> {
  const path = join(scratchFolder(), name);
  await writeFile(path, setToSafetensors(eightBitSet(overrides)));
  return path;
}

const dangerous = async () => {
  const path = join(scratchFolder(), "innocent.pt");
  await writeFile(path, torchFile(p.pickle(p.reduce(p.global("os", "system"), p.text("id\u001b[31m")))));
  return path;
};

describe("retort inspect", () => {
  it("says what a set is, for people and as JSON", async () => {
    const path = await setFile({ classNames: ["a", "b", "c"] });
    const { status, stdout } = await run("inspect", path);
    expect(status).toBe(0);
    expect(stdout).toMatch(/set\.safetensors: safetensors/);
    expect(stdout).toMatch(/Distilled set: 6 images, 3 × 8 × 8 float32, 3 classes, 2 per class/);
    expect(stdout).toMatch(/unit +100 %/);
    const json = JSON.parse((await run("inspect", path, "--json")).stdout);
    expect(json).toMatchObject({
      format: "safetensors",
      verdict: "fine",
      set: { ipc: 2, classNames: ["a", "b", "c"] },
    });
    expect(json.set.guesses[0]).toMatchObject({ name: "unit", outOfGamut: 0 });
  });

  it("dangerous files end with 1, their globals named, no control character printed", async () => {
    const { status, stdout } = await run("inspect", await dangerous());
    expect(status).toBe(1);
    expect(stdout).toMatch(/torch, DANGEROUS/);
    expect(stdout).toMatch(/Pickled globals: .*os\.system/);
    expect(stdout).not.toContain("\u001b");
  });

  it("broken files are unsafe and end with 1, foreign and missing ones end with 2", async () => {
    const path = join(scratchFolder(), "x.pt");
    await writeFile(path, "not a set at all");
    const foreign = await run("inspect", path, "--json");
    expect([foreign.status, JSON.parse(foreign.stdout).verdict]).toEqual([2, "not recognised"]);
    expect(foreign.stderr).toMatch(/x\.pt: unknown content/);
    await writeFile(path, torchFile(p.pickle(p.tensor())).slice(0, -30));
    const broken = await run("inspect", path, "--json");
    expect([broken.status, JSON.parse(broken.stdout).verdict]).toEqual([1, "unsafe"]);
    expect((await run("inspect", `${path}.missing`)).status).toBe(2);
    expect((await run("inspect", path, "--format", "nonsense")).stderr).toMatch(
      /unknown format: expected one of cifar/,
    );
  });

  it("flags that the file has no use for are refused, folders of several things too", async () => {
    const path = await setFile();
    const { status, stderr } = await run("inspect", path, "--split", "test");
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/invalid --split: expected it only with a file read as cifar/),
    ]);
    const folder = scratchFolder();
    await writeFile(join(folder, "a"), "one thing");
    await writeFile(join(folder, "b"), "another");
    expect((await run("inspect", folder)).stderr).toMatch(/unknown content: .* name the files that belong together/);
  });

  it("images per class are held against the labels of a file", async () => {
    const path = await setFile();
    for (const words of [["inspect"], ["convert"], ["diff", path]]) {
      const out = words[0] === "convert" ? [join(scratchFolder(), "set.npz")] : [];
      const { status, stderr } = await run(...words, path, ...out, "--ipc", "3");
      expect([words[0], status]).toEqual([words[0], 2]);
      expect(stderr).toContain("invalid --ipc: expected 2 images per class as in set.safetensors, got 3");
    }
    expect((await run("inspect", path, "--ipc", "2")).status).toBe(0);
  });

  it("diff reads each set with the options of its format, and refuses what neither reads", async () => {
    const path = await setFile();
    const published = join(scratchFolder(), "set.pt");
    expect((await run("convert", path, published)).status).toBe(0);
    expect(await run("diff", published, path, "--experiment", "0")).toMatchObject({ status: 0, stderr: "" });
    expect(await run("diff", published, path, "--experiment", "1")).toMatchObject({ status: 2 });
    expect(await run("diff", path, path, "--experiment", "0")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^diff: invalid --experiment: .*, not as safetensors, got 0; it would do nothing/),
    });
  });

  it("draws a sheet as PNG, in the terminal, and on a page that loads nothing", async () => {
    const path = await setFile({ name: "<script>alert(1)</script>" }, "<b>set.safetensors");
    const folder = scratchFolder();
    const [sheet, page] = [join(folder, "sheet.png"), join(folder, "page.html")];
    const { status, stdout } = await run("inspect", path, "--sheet", sheet, "--html", page, "--sheet-terminal");
    expect(status).toBe(0);
    expect(stdout).toContain("▀");
    expect((await readFile(sheet)).subarray(1, 4).toString()).toBe("PNG");
    const html = await readFile(page, "utf8");
    expect(html.replaceAll("&#39;", "'")).toContain("default-src 'none'; img-src data:; style-src 'sha256-");
    expect(html).toContain("&lt;b&gt;set.safetensors");
    expect(html).not.toMatch(/<script|<b>|https?:|style="|onload/);
    expect(html).toMatch(/prefers-color-scheme:dark/);
    expect(html.match(/<img/g)).toHaveLength(1);
  });
});

describe("retort convert", () => {
  it("there and back again through a lossless form, bit for bit", async () => {
    const normalisation = knownNormalisations["cifar-10"];
    const base = eightBitSet();
    const path = await setFile({ images: fromPixels(base.images, base.shape, normalisation), normalisation });
    const [npz, back] = [join(scratchFolder(), "a.npz"), join(scratchFolder(), "b.safetensors")];
    const there = JSON.parse((await run("convert", path, npz, "--json")).stdout);
    expect(there).toMatchObject({
      from: "safetensors",
      to: "npz",
      exact: { images: true, labels: true, normalisation: false },
    });
    expect(there.losses.join()).toMatch(/normalisation/);
    expect((await run("convert", npz, back, "--normalisation", "cifar-10")).status).toBe(0);
    const [before, after] = await Promise.all(
      [path, back].map(async (file) => (await openSet(await fileSource(file))).set),
    );
    expect(after).toMatchObject({
      images: before?.kind === "distilled" ? before.images : undefined,
      normalisation: { kind: "meanStd" },
    });
  });

  it("pictures: a folder appears whole, says its losses, and goes back to the same pixels", async () => {
    const path = await setFile();
    const out = join(scratchFolder(), "pictures");
    const { status, stdout } = await run("convert", path, out);
    expect([status, stdout]).toEqual([0, expect.stringContaining("8 files in")]);
    expect(stdout).toMatch(/images, labels, normalisation the same bit for bit/);
    expect((await readdir(out)).sort()).toEqual(["00000", "00001", "00002", "labels.csv", "set.json"]);
    const back = join(scratchFolder(), "back.safetensors");
    await run("convert", out, back);
    expect(await readFile(back)).toEqual(await readFile(path));
  });

  it("an unknown normalisation is not guessed silently", async () => {
    const path = await setFile({ normalisation: { kind: "unknown" } });
    const out = join(scratchFolder(), "pictures");
    const refused = await run("convert", path, out);
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/--normalisation NAME; it looks like unit/),
    ]);
    expect(existsSync(out)).toBe(false);
    expect((await run("convert", path, join(scratchFolder(), "a.npz"))).status).toBe(0);
  });

  it("--normalise and --denormalise undo each other up to rounding", async () => {
    const path = await setFile();
    const [a, b] = [join(scratchFolder(), "a.safetensors"), join(scratchFolder(), "b.safetensors")];
    expect((await run("convert", path, a, "--normalise", "svhn")).stdout).toMatch(/from unit to svhn/);
    await run("convert", a, b, "--denormalise");
    const set = (await openSet(await fileSource(b))).set;
    if (set?.kind !== "distilled") throw new Error("expected a distilled set");
    const worst = set.images.reduce((most, x, i) => Math.max(most, Math.abs(x - eightBitSet().images[i])), 0);
    expect(worst).toBeLessThan(2e-7);
  });

  it("what is there is not replaced without --force", async () => {
    const path = await setFile();
    const out = join(scratchFolder(), "taken.npz");
    await writeFile(out, "mine");
    expect((await run("convert", path, out)).stderr).toMatch(/expected nothing there yet/);
    expect(await readFile(out, "utf8")).toBe("mine");
    expect((await run("convert", path, out, "--force")).status).toBe(0);
    const folder = join(scratchFolder(), "folder");
    await mkdir(folder);
    await writeFile(join(folder, "old"), "mine");
    expect((await run("convert", path, folder, "--to", "image-folder")).status).toBe(2);
    expect((await run("convert", path, folder, "--to", "image-folder", "--force")).status).toBe(0);
    expect(await readdir(folder)).not.toContain("old");
  });

  it("the end of a name asks for a format, one of one's own too, in commands and code", async () => {
    const path = await setFile();
    const { set } = await openSet(await fileSource(path));
    const mine: Format = {
      ...{ title: "first bytes", source: "a test", endings: [".first"], detect: async () => 0 },
      read: async () => ({ format: "mine", objects: [], findings: [] }),
      write: async () => ({ losses: ["most of it"], files: new Map([["a", Uint8Array.of(7)]]) }),
    };
    register({ formats: { mine } });
    const folder = scratchFolder();
    expect((await run("convert", path, join(folder, "a.FIRST"))).stdout).toContain("lost: most of it");
    await save(set as DistilledSet, join(folder, "b.first"));
    expect([...(await readFile(join(folder, "b.first")))]).toEqual([7]);
    for (const [name, format] of [
      ["c.npz", "npz"],
      ["d", "safetensors"],
      ["e.bin", "safetensors"],
    ]) {
      await save(set as DistilledSet, join(folder, name));
      expect((await openSet(await fileSource(join(folder, name)))).format).toBe(format);
    }
  });

  it("a file into a folder takes its own name, unknown endings are asked about", async () => {
    const path = await setFile();
    const folder = scratchFolder();
    await run("convert", path, folder, "--to", "parquet");
    expect(await readdir(folder)).toEqual(["six.parquet"]);
    expect((await run("convert", path, join(folder, "a.xyz"))).stderr).toMatch(
      /expected a name that ends in .*\.npz, .*, or --to/,
    );
    expect((await run("convert", path, join(folder, "a.npz"), "--to", "idx")).stderr).toMatch(
      /unknown format to write/,
    );
  });
});

describe("retort data", () => {
  it("lists datasets and says where files belong", async () => {
    expect((await run("data", "list")).stdout).toMatch(/cifar-10 +CIFAR-10, binary version/);
    const where = JSON.parse((await run("data", "where", "mnist", "--folder", "d", "--json")).stdout);
    expect(where.files[0].path).toBe(join("d", "mnist", "train-images-idx3-ubyte.gz"));
  });
  it("an unknown dataset is an error that lists the known ones", async () => {
    const { status, stderr } = await run("data", "get", "cifar10", "--folder", scratchFolder());
    expect([status, stderr]).toEqual([2, expect.stringMatching(/unknown dataset: expected one of .*cifar-10/)]);
  });
});
