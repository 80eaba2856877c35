import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { onDamage } from "../../../src/disk/kept/damage.ts";
import { keptNetworks } from "../../../src/disk/kept/keptNetworks.ts";
import { faults, inject } from "./faults.ts";

let folder: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-networks-"));
  said = [];
  onDamage((message) => said.push(message));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const network = { json: { losses: [0.1, 0.25] }, arrays: { "weights.0": Float32Array.of(1, -2, 3) } };

it("gives back what was saved under a name, for data of the same content only", async () => {
  const keep = keptNetworks("a", folder);
  expect(await keep.load("expert")).toBeUndefined();
  await keep.save("expert", network);
  expect(await keptNetworks("a", folder).load("expert")).toEqual(network);
  expect(await keep.load("another")).toBeUndefined();
  expect(await keptNetworks("b", folder).load("expert")).toBeUndefined();
});

/** What methods keep by content: experts of trajectories, teachers of rded and sre2l. */
it.each(["expert", "teacher"].flatMap((kind) => faults.map((fault) => [kind, fault] as const)))(
  "a kept %s, %s: said, set aside, and made again by who asks",
  async (kind, fault) => {
    const keep = keptNetworks("a", folder);
    await keep.save(kind, network);
    const [path] = (await readdir(folder)).map((name) => join(folder, name));
    await keep.save("another", network);
    const [other] = (await readdir(folder)).map((name) => join(folder, name)).filter((name) => name !== path);
    inject(path, fault, other);
    expect(await keep.load(kind)).toBeUndefined();
    expect(said).toEqual([expect.stringContaining(`${path}: damaged file: expected what was written, got `)]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".damaged"))).toHaveLength(1);
    await keep.save(kind, network);
    expect(await keep.load(kind)).toEqual(network);
    expect(await keep.load("another")).toEqual(network);
  },
);

it("a folder that cannot be written is said once", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const keep = keptNetworks("a", join(file, "networks"));
  await keep.save("expert", network);
  await keep.save("another", network);
  expect(said).toEqual([expect.stringMatching(/^networks cannot be kept for other runs: /)]);
});
