import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import { networkBytes, networkDigest, networkOf, readNetwork, writeNetwork } from "../../src/disk/networkFile.ts";
import { readSafetensors, type TensorInput, writeSafetensors } from "../../src/formats/safetensors/safetensorsFile.ts";
import { initialise } from "../../src/nn/Network.ts";
import { networkRegistry } from "../../src/nn/networkRegistry.ts";
import { networkDefinition, seenSpace, type TrainedNetwork } from "../../src/train/TrainedNetwork.ts";

import { faults, inject } from "./kept/faults.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-network-"));
const size = (network: string) => (["convNet", "convNetBN", "mlp"].includes(network) ? 8 : 32);

function trained(network: string, more: Partial<TrainedNetwork> = {}): TrainedNetwork {
  const said = {
    network,
    width: network === "vit" ? 12 : 4,
    input: [3, size(network), size(network)] as const,
    classes: 3,
  };
  const { weights, running } = networkDefinition(said, "test");
  return {
    ...said,
    classNames: ["a", "b", "ü"],
    normalisation: { kind: "meanStd", name: "x", mean: [0.1, 0.2, 0.3], std: [1, 2, 3] },
    receives: "8-bit",
    weights: initialise(weights, key("weights")),
    running: initialise(running, key("running")),
    metadata: { trainedOn: { sha256: "0" }, seed: 3 },
    ...more,
  };
}

it.each(Object.keys(networkRegistry))("%s: what is written is read back, with the same bytes", async (network) => {
  const given = trained(network);
  const bytes = networkBytes(given);
  const back = await networkOf(bytes, "test");
  expect(back).toEqual(given);
  expect(networkBytes(back)).toEqual(bytes);
});

it.each(faults)("a file that is damaged, %s: refused by name, or the same", async (fault) => {
  const [given, other] = [trained("convNetBN"), trained("convNet")];
  const [path, beside] = [join(folder, `${fault}.safetensors`), join(folder, "other.safetensors")];
  await writeNetwork(path, given);
  await writeNetwork(beside, other);
  inject(path, fault, beside);
  const result = await readNetwork(path, "test").catch((error: Error) => error);
  // A whole file in its place is that network: whoever names it says which is meant.
  if (fault === "swap") expect(result).toEqual(other);
  else if (result instanceof Error) expect(result.message).toContain(path);
  else expect(result).toEqual(given);
});

it("carries a digest of itself and is still safetensors", async () => {
  const given = trained("convNetBN");
  const path = join(folder, "network.safetensors");
  await writeNetwork(path, given);
  const back = await readNetwork(path, "test");
  expect(back).toEqual(given);
  expect(networkDigest(back)).toBe(networkDigest(given));
  const { tensors } = await readSafetensors(readFileSync(path));
  expect(tensors["weights.blocks.0.conv.weight"].shape).toEqual([3, 3, 3, 4]);
  // One changed weight is noticed; a file of another maker, without a digest, is not refused for it.
  const bytes = readFileSync(path);
  bytes[bytes.length - 7] ^= 1;
  writeFileSync(path, bytes);
  await expect(readNetwork(path, "test")).rejects.toThrow(/damaged file: expected what was written/);
  writeFileSync(path, networkBytes(given));
  expect(await readNetwork(path, "test")).toEqual(given);
  await expect(readNetwork(join(folder, "none"), "test")).rejects.toThrow(/missing file: expected a network at/);
});

describe("a hostile file", () => {
  /** The bytes of a network with other entries and tensors. */
  async function changed(
    entries: Readonly<Record<string, string | undefined>>,
    tensors: Readonly<Record<string, TensorInput | undefined>> = {},
  ): Promise<Uint8Array> {
    const file = await readSafetensors(networkBytes(trained("convNet")));
    const present = <T>(all: Readonly<Record<string, T | undefined>>) =>
      Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, T>;
    return writeSafetensors(
      present<TensorInput>({ ...(file.tensors as Record<string, TensorInput>), ...tensors }),
      present({ ...file.metadata, ...entries }),
    );
  }
  const bias = "weights.linear.bias";

  it.each<[string, Parameters<typeof changed>, RegExp]>([
    ["is no network", [{ format: undefined }], /expected safetensors with the entry format retort-network.*got none/],
    ["is of a later version", [{ version: "2" }], /version 1, got retort-network, 2/],
    ["names nothing known", [{ network: '"rm -rf"' }], /unknown network: expected one of alexNet/],
    ["names what every object has", [{ network: '"constructor"' }], /unknown network/],
    ["is too wide", [{ width: "1e9" }], /invalid width/],
    ["has no width that fits", [{ width: "5" }], /expected float32 \[/],
    ["has no classes", [{ classes: undefined }], /invalid classes/],
    ["has two keys of one name", [{ metadata: '{"a":1,"a":2}' }], /each key once/],
    ["names too few classes", [{ class_names: '["a"]' }], /invalid class_names: expected 3, got 1/],
    ["divides by nothing", [{ normalisation: '{"kind":"meanStd","mean":[0],"std":[0]}' }], /positive deviations/],
    ["is whitened", [{ normalisation: '{"kind":"zca"}' }], /invalid normalisation/],
    ["is no square", [{ input: "[3,8,9]" }], /expected a square/],
    ["lacks a tensor", [{}, { [bias]: undefined }], /missing tensor: expected weights\.linear\.bias \[3\]/],
    ["has one more", [{}, { more: { shape: [1], data: new Float32Array(1) } }], /unknown tensor: .*"more"/],
    ["has another shape", [{}, { [bias]: { shape: [4], data: new Float32Array(4) } }], /expected float32 \[3\], got/],
    ["has another type", [{}, { [bias]: { shape: [3], data: new Float64Array(3) } }], /got float64 \[3\]/],
    ["holds no number", [{}, { [bias]: { shape: [3], data: Float32Array.of(0, Number.NaN, 0) } }], /finite numbers/],
  ])("that %s is refused", async (_, change, message) => {
    await expect(networkOf(await changed(...change), "file")).rejects.toThrow(message);
  });

  it("of noise is refused", async () => {
    const noise = new Uint8Array(normal(key("noise"), 200).buffer);
    await expect(networkOf(noise, "file")).rejects.toThrow(/safetensors: invalid/);
  });
});

it("networks of whitened sets have no space that can be told", () => {
  expect(() => seenSpace({ kind: "zca" }, "test")).toThrow(/expected unit or mean and deviation, got zca/);
});
