import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { onDamage } from "../../../src/disk/kept/damage.ts";
import { keptNetworks } from "../../../src/disk/kept/keptNetworks.ts";

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

it("a file in another one's place and a damaged one are set aside, and said", async () => {
  const keep = keptNetworks("a", folder);
  await keep.save("expert", network);
  await keep.save("another", network);
  const [first, second] = (await readdir(folder)).map((name) => join(folder, name));
  const bytes = await readFile(first);
  await writeFile(second, bytes);
  bytes[bytes.length - 1] ^= 1;
  await writeFile(first, bytes);
  expect(await keep.load("expert")).toBeUndefined();
  expect(await keep.load("another")).toBeUndefined();
  expect(said).toHaveLength(2);
  expect((await readdir(folder)).every((name) => name.endsWith(".damaged"))).toBe(true);
  await keep.save("expert", network);
  expect(await keep.load("expert")).toEqual(network);
});

it("a folder that cannot be written is said once", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const keep = keptNetworks("a", join(file, "networks"));
  await keep.save("expert", network);
  await keep.save("another", network);
  expect(said).toEqual([expect.stringMatching(/^networks cannot be kept for other runs: /)]);
});
