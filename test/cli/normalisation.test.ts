import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convert } from "../../src/cli/commands/convert.ts";
import { evaluate } from "../../src/cli/commands/evaluate.ts";
import { inspect } from "../../src/cli/commands/inspect.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import { openDistilled } from "../../src/disk/openDistilled.ts";
import { writeNpy } from "../../src/formats/numpy/npyFile.ts";
import { openSet } from "../../src/formats/open.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { eightBitSet, greyPng } from "../formats/pictureFixtures.ts";
import { scratchFolder } from "../python.ts";
import { call } from "./fakeTerminal.ts";

const run = (...words: string[]) => call({ inspect, convert, evaluate }, ...words);
const set = async (overrides = {}) => {
  const path = join(scratchFolder(), "set.safetensors");
  await writeFile(path, setToSafetensors(eightBitSet(overrides)));
  return path;
};
const pictures = async () => {
  const folder = join(scratchFolder(), "pictures");
  for (const [k, value] of [3, 90].entries()) {
    await mkdir(join(folder, String(k)), { recursive: true });
    await writeFile(join(folder, String(k), "0.png"), greyPng(8, value));
  }
  return folder;
};
const cifar = knownNormalisations["cifar-10"];

describe("what the file says and what you say", () => {
  it("the file's word is called the file's, yours yours", async () => {
    expect((await run("inspect", await set({ normalisation: cifar }))).stdout).toMatch(
      /Normalisation: the file says cifar-10/,
    );
    const open = await set({ normalisation: { kind: "unknown" } });
    expect((await run("inspect", open)).stdout).toMatch(/the file does not say/);
    const { stdout, status } = await run("inspect", open, "--normalisation", "svhn");
    expect([status, stdout]).toEqual([0, expect.stringMatching(/Normalisation: you say svhn; the file does not/)]);
    const json = JSON.parse((await run("inspect", open, "--normalisation", "svhn", "--json")).stdout);
    expect(json.set).toMatchObject({ statedBy: "you", stated: { name: "svhn" } });
  });

  it.each([["inspect"], ["convert"], ["evaluate"]])(
    "%s refuses a contradiction, and takes your word with --force",
    async (command) => {
      const path = await set({ normalisation: cifar });
      const out = command === "convert" ? [join(scratchFolder(), "out.npz")] : [];
      const refused = await run(command, path, ...out, "--normalisation", "svhn");
      expect([refused.status, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/expected cifar-10 as the file says, got svhn; --force/),
      ]);
      if (command === "evaluate") return;
      const forced = await run(command, path, ...out, "--normalisation", "svhn", "--force");
      expect(forced.status).toBe(0);
      expect(forced.stdout + forced.stderr).toMatch(/You say svhn, the file says cifar-10; your word was taken/);
    },
  );

  it("the same numbers under another name are no contradiction", async () => {
    const path = await set({ normalisation: cifar });
    const said = `${cifar.mean.join(",")}/${cifar.std.join(",")}`;
    const { status, stdout } = await run("inspect", path, "--normalisation", said);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/the file says cifar-10/)]);
  });

  it("numbers for another count of channels are refused at once", async () => {
    const { status, stderr } = await run(
      "inspect",
      await set({ normalisation: { kind: "unknown" } }),
      "--normalisation",
      "mnist",
    );
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/expected means and deviations of 3 channels, got 1 \(mnist\)/),
    ]);
  });

  it("pictures hold pixels: anything else is refused, also with --force", async () => {
    const folder = await pictures();
    for (const words of [
      ["inspect", folder],
      ["convert", folder, join(scratchFolder(), "o.npz")],
      ["evaluate", folder],
    ])
      for (const force of [[], ["--force"]]) {
        const { status, stderr } = await run(...words, "--normalisation", "0.5/0.5", ...force);
        expect([status, stderr]).toEqual([
          2,
          expect.stringMatching(/pictures hold pixels, got .*retort convert INPUT/),
        ]);
      }
    for (const said of ["unit", "8-bit"])
      expect((await run("inspect", folder, "--normalisation", said)).status).toBe(0);
    await expect(openSet(await fileSource(folder), { normalisation: cifar })).rejects.toThrow(/pictures hold pixels/);
  });

  it("where no set is there is nothing to say it of", async () => {
    const folder = await pictures();
    const lone = join(scratchFolder(), "lone.npy");
    await writeFile(lone, writeNpy({ dtype: "float32", shape: [2, 3, 8, 8], data: new Float32Array(384) }));
    for (const [path, said] of [
      [join(folder, "0"), /pictures hold pixels/],
      [lone, /no images with labels are in it, got cifar-10; labels may be missing \(--ipc\)/],
    ] as const) {
      const { status, stderr } = await run("inspect", path, "--normalisation", "cifar-10");
      expect([status, stderr]).toEqual([2, expect.stringMatching(said)]);
    }
    expect((await run("inspect", lone, "--normalisation", "cifar-10", "--ipc", "1")).status).toBe(0);
  });

  it("class folders of pictures are a set that networks can be trained on", async () => {
    const folder = await pictures();
    const opened = await openDistilled(await fileSource(folder), {}, folder, "test");
    expect(opened).toMatchObject({
      normalisationBy: "pictures",
      set: { kind: "distilled", normalisation: { kind: "unit" } },
    });
  });
});
