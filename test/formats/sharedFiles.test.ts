import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import { openSet } from "../../src/formats/open.ts";
import { Refusal } from "../../src/formats/Refusal.ts";
import { sharedData } from "../shared.ts";
import { skip } from "../skip.ts";
import { type Digest, digestsOf } from "./walkTensors.ts";

interface Golden {
  readonly tensors?: Record<string, Digest>;
  readonly accuracies?: Record<string, number[]>;
  readonly refused?: "objects";
  readonly names?: string[];
}

const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("./golden/tensors.json", import.meta.url), "utf8"),
);
const here = sharedData() !== undefined;
if (!here) console.warn("skipped: no folder of real files (RETORT_SHARED)");

/** What each file is: format, shape of its set, number of experiments. No entry: it holds no set. */
const sets: Record<string, [format: string, shape: readonly number[], experiments?: number]> = {
  "distilled/Distill-Generalization/modelpool_res_DC_CIFAR10_ConvNet_10ipc_1000.pt": ["torch", [100, 3, 32, 32], 1],
  "distilled/Distill-Generalization/modelpool_res_DC_CIFAR10_ConvNet_1ipc_3000.pt": ["torch", [10, 3, 32, 32], 3],
  "distilled/Distill-Generalization/res_DC_CIFAR10_ConvNet_10ipc.pt": ["torch", [100, 3, 32, 32], 1],
  "distilled/Distill-Generalization/res_DC_CIFAR10_ConvNet_10ipc_3000.pt": ["torch", [100, 3, 32, 32], 3],
  "distilled/Distill-Generalization/res_DC_CIFAR10_ConvNet_1ipc.pt": ["torch", [10, 3, 32, 32], 1],
  "distilled/Distill-Generalization/res_DC_CIFAR10_ConvNet_1ipc_3000.pt": ["torch", [10, 3, 32, 32], 3],
  "distilled/Distill-Generalization/res_DC_CIFAR10_RandomChoose_10ipc.pt": ["torch", [100, 3, 32, 32], 1],
  "distilled/Distill-Generalization/res_DC_CIFAR10_RandomChoose_1ipc.pt": ["torch", [10, 3, 32, 32], 1],
  "distilled/Distill-Generalization/res_DC_MNIST_AlexNet_1ipc.pt": ["torch", [10, 1, 28, 28], 5],
  "distilled/Distill-Generalization/res_DC_MNIST_ConvNet_1ipc.pt": ["torch", [10, 1, 28, 28], 5],
  "distilled/Distill-Generalization/res_DC_MNIST_LeNet_1ipc.pt": ["torch", [10, 1, 28, 28], 5],
  "distilled/Distill-Generalization/res_DC_MNIST_MLP_1ipc.pt": ["torch", [10, 1, 28, 28], 5],
  "distilled/Distill-Generalization/res_DC_MNIST_RandomChoose_1ipc.pt": ["torch", [10, 1, 28, 28], 1],
  "distilled/Distill-Generalization/res_DC_MNIST_ResNet18_1ipc.pt": ["torch", [10, 1, 28, 28], 1],
};

describe.skipIf(skip(!here, "no published sets here"))("real files", () => {
  it("the table knows every tensor file", async () => {
    const { files } = await fileSource(sharedData() as string);
    const found = files
      .map((file) => file.path)
      .filter((path) => /\.(pt|pth|bin|npy|npz|safetensors)$|batches\.meta$/.test(path));
    expect(Object.keys(golden).sort()).toEqual(found.sort());
  });

  for (const [path, expected] of Object.entries(golden)) {
    if (expected.tensors)
      it(`${path}: every number as PyTorch or NumPy reads it`, async () => {
        expect(await digestsOf(sharedData(path) as string)).toEqual(expected.tensors);
      });

    it(`${path}: opens as what it is`, async () => {
      const source = await fileSource(sharedData(path) as string);
      if (expected.refused) {
        const refusal = await openSet(source).catch((error) => error);
        expect(refusal).toBeInstanceOf(Refusal);
        expect(refusal.findings.map((finding: { rule: string }) => finding.rule)).toEqual(["npy-objects"]);
        expect(refusal.globals).toEqual(["numpy.core.multiarray._reconstruct", "numpy.ndarray", "numpy.dtype"]);
        expect(refusal.dangerous).toBe(false);
        return;
      }
      const opened = await openSet(source);
      for (const [name, [dtype, shape]] of Object.entries(expected.tensors ?? {}))
        expect(opened.objects.find((object) => object.path === name)).toMatchObject({ dtype, shape });
      expect(opened.accuracies ?? {}).toEqual(expected.accuracies ?? {});
      expect(opened.findings.filter(({ severity }) => severity !== "note")).toEqual([]);
      const wanted = sets[path];
      if (!wanted) {
        expect(opened.set).toBeUndefined();
        return;
      }
      const [format, shape, experiments] = wanted;
      const set = opened.set as DistilledSet;
      expect(opened.format).toBe(format);
      expect(set).toMatchObject({ kind: "distilled", shape, classes: 10, normalisation: { kind: "unknown" } });
      const ipc = shape[0] / 10;
      const classMajor = Int32Array.from({ length: shape[0] }, (_, i) => Math.floor(i / ipc));
      expect(set.labels).toEqual({ kind: "hard", classes: classMajor });
      expect(set.metadata).toMatchObject({ layout: "dc", experiment: 0, experiments });
    });
  }

  it("an option picks the experiment, and one that is not there is an error that says how many there are", async () => {
    const path = "distilled/Distill-Generalization/res_DC_CIFAR10_ConvNet_1ipc_3000.pt";
    const source = await fileSource(sharedData(path) as string);
    const sets = [];
    for (const experiment of [0, 1, 2]) sets.push((await openSet(source, { experiment })).set as DistilledSet);
    expect(sets[0].images).not.toEqual(sets[1].images);
    expect(sets[2].metadata.experiment).toBe(2);
    await expect(openSet(source, { experiment: 3 })).rejects.toThrow("expected 0 to 2, got 3");
  });

  it("DATM: images, logits and learning rate in three files", async () => {
    const opened = await openSet(await fileSource(sharedData("distilled/DD-Ranking/DATM/CIFAR10_ZCA/IPC10") as string));
    const set = opened.set as DistilledSet;
    expect(opened.format).toBe("torchFolder");
    expect(set).toMatchObject({ shape: [100, 3, 32, 32], classes: 10, labels: { kind: "soft", form: "logits" } });
    expect(set.metadata.lr).toBeCloseTo(0.018357, 6);
    expect(opened.objects.map((object) => object.path)).toEqual(["images.pt", "labels.pt", "lr.pt"]);
  });

  it("a folder without the images lists what is there and says so", async () => {
    const opened = await openSet(await fileSource(sharedData("distilled/DD-Ranking/DATM/CIFAR10_ZCA/IPC50") as string));
    expect(opened.set).toBeUndefined();
    expect(opened.objects[0]).toMatchObject({ path: "labels.pt", shape: [500, 10] });
    expect(opened.findings).toMatchObject([{ severity: "note", rule: "images-missing" }]);
  });

  it("files that belong together are found by what their names share", async () => {
    const opened = await openSet(await fileSource(sharedData("distilled/DD-Ranking/DC-DSA-DM") as string));
    expect(opened.set).toMatchObject({ shape: [10, 3, 32, 32], classes: 10, labels: { kind: "hard" } });
  });

  it("batches.meta names the classes", async () => {
    const opened = await openSet(await fileSource(sharedData("formats/pickle/batches.meta") as string));
    expect(opened.format).toBe("pythonPickle");
    expect(opened.objects.filter((object) => object.path.startsWith("label_names["))).toHaveLength(10);
    expect(opened.globals).toEqual([]);
  });
});
