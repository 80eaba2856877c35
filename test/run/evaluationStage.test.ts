import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import { readNetwork } from "../../src/disk/networkFile.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { runEvaluationStage } from "../../src/run/evaluationStage.ts";
import { openRun, type Run } from "../../src/run/Run.ts";
import { type ReceiverKeeper, receiverKeeper } from "../../src/run/receiverKeeper.ts";
import { versions } from "../../src/run/versions.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { ratesOfNetwork } from "../../src/train/ratesOfNetwork.ts";
import { cpu } from "../attack/tiny.ts";
import { drawings } from "../experiment/drawings.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-evaluate-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Two networks, six epochs each, 600 test images: three blocks. */
async function measure(
  name: string,
  signal?: AbortSignal,
  onProgress?: (done: number) => void,
  keeperOf?: (run: Run) => ReceiverKeeper,
) {
  const run = await openRun(join(folder, name), {
    command: "stage",
    config: {},
    data: {},
    versions: versions("cpu", 1),
  });
  const stage = {
    sets: [{ name: "clean" as const, set: drawings() }],
    test: strokes("test", 600),
    repeats: 2,
    key: key(1),
    protocol: protocolOptions.parse({}),
    epochs: [6],
    networks: { mlp: mlp({ channels: 3, size: 32, classes: 10 }, { width: 8 }) },
    device: cpu,
    keeper: keeperOf?.(run),
    signal,
    onProgress: ({ done, total }: { done: number; total: number }) => {
      expect(total).toBe(2);
      onProgress?.(done);
    },
  };
  return runEvaluationStage(run, stage);
}

it("says how far a network is, after every epoch and block of test images", async () => {
  const seen: number[] = [];
  await measure("whole", undefined, (done) => seen.push(done));
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  for (const network of [0, 1]) expect(seen.filter((done) => done > network && done < network + 1)).toHaveLength(6 + 2);
  expect(seen.at(-1)).toBe(2);
});

it("stops within a network, keeps those that are finished and goes on to the same results", async () => {
  const whole = await measure("whole");
  const stop = new AbortController();
  const stopped = measure("stopped", stop.signal, (done) => done > 1.1 && stop.abort(new Error("enough")));
  await expect(stopped).rejects.toThrow("enough");
  const again: number[] = [];
  expect(await measure("stopped", undefined, (done) => again.push(done))).toEqual(whole);
  expect(again[0]).toBe(1);
});

it("keeps networks, and trains one again whose file is gone, to the same bytes", async () => {
  const protocol = protocolOptions.parse({});
  const networks = { mlp: { network: "mlp", width: 8 } };
  const keep = () =>
    measure("kept", undefined, undefined, (run) => receiverKeeper(run, { networks, protocol, seed: 1 }));
  const without = await measure("whole");
  expect(await keep()).toEqual(without);
  const file = join(folder, "kept", "networks", "mlp-6-1-clean.safetensors");
  const bytes = await readFile(file);
  const kept = await readNetwork(file, "test");
  expect(kept).toMatchObject({ network: "mlp", width: 8, receives: "as-is", metadata: { seed: 1, network: 1 } });
  expect((await ratesOfNetwork(kept, strokes("test", 600), undefined, cpu)).cta).toBe(without.evaluations[1].cta);
  await rm(file);
  expect(await keep()).toEqual(without);
  expect(await readFile(file)).toEqual(bytes);
});
