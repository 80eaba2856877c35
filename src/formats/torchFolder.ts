import { DataError } from "../core/errors.ts";
import { assembleSet } from "./assemble.ts";
import type {
  DistilledSet,
  Finding,
  Format,
  ObjectInfo,
  Opened,
  ReadOptions,
  Source,
  SourceFile,
  Written,
} from "./Format.ts";
import { Budget } from "./limits.ts";
import { type StoredTensor, sameKind, type TensorData } from "./tensor.ts";
import { listObjects } from "./torch/listObjects.ts";
import { pairFiles } from "./torch/pairFiles.ts";
import { isTensorValue, type ValueFile } from "./torch/TorchFile.ts";
import { writeMtt } from "./torch/writeTorch.ts";
import { openTorch, torchConfidence } from "./torch.ts";
import { unreadOf } from "./unreadOf.ts";

/** A set spread over several PyTorch files, each one bare tensor: `images*.pt`, `labels*.pt`, `lr*.pt`. */
export const torchFolder: Format = {
  title: "PyTorch files of images, labels and learning rate (MTT, TESLA, FTD, DATM, DD-Ranking)",
  source: "GeorgeCazenavette/mtt-distillation distill.py; NUS-HPC-AI-Lab/DD-Ranking",
  reads: ["ipc", "layout"],

  async detect(source: Source): Promise<number> {
    if (source.files.length < 2) return 0;
    const { roles } = pairFiles(source.files);
    let torchFiles = 0;
    // Chosen: 20 files tell what a folder is; a folder of pictures has a hundred thousand.
    for (const { file } of roles.slice(0, 20)) if ((await torchConfidence(file)) > 0.2) torchFiles++;
    if (torchFiles > 0) return 0.95;
    for (const file of source.files.slice(0, 20)) if ((await torchConfidence(file)) > 0.2) torchFiles++;
    return torchFiles > 1 ? 0.2 : 0;
  },

  async read(source: Source, options: ReadOptions = {}): Promise<Opened> {
    const budget = new Budget(options.maxBytes);
    const pairing = pairFiles(source.files);
    if (pairing.roles.length === 0)
      throw new DataError(
        `torchFolder: missing images: expected files named images… and labels…, got ${source.files.length} others; name one of them to open it alone`,
      );
    const objects: ObjectInfo[] = [];
    const findings: Finding[] = [];
    const globals = new Set<string>();
    const load = async (files: readonly SourceFile[]): Promise<StoredTensor | undefined> => {
      const parts: StoredTensor[] = [];
      for (const file of files) {
        const opened = await openTorch(file, budget);
        const listed = await listObjects(opened, file.path);
        objects.push(...listed.objects);
        findings.push(...opened.findings, ...listed.findings.map((finding) => ({ ...finding, file: file.path })));
        for (const name of opened.globals) globals.add(name);
        parts.push(await bareTensor(opened, file));
      }
      return parts.length > 1 ? concatenate(parts, budget) : parts[0];
    };
    const { images: imageFiles, labels: labelFiles, lr: lrFile } = pairing.chosen();
    const images = await load(imageFiles);
    const labels = await load(labelFiles);
    const lr = lrFile ? await load([lrFile]) : undefined;
    const metadata = { layout: "mtt", ...(lr?.data.length === 1 ? { lr: Number(lr.data[0]) } : {}) };
    const set = images && assembleSet({ name: source.name, images, labels, metadata }, options, budget, "torchFolder");
    const unread = unreadOf(source, [...imageFiles, ...labelFiles, lrFile]);
    if (!set)
      findings.push({
        severity: "note",
        rule: images ? "labels-missing" : "images-missing",
        message: images
          ? "holds images without labels: say how many images a class has (ipc)"
          : "holds labels without images",
      });
    return { format: "torchFolder", objects, findings, globals: [...globals], unread, ...(set ? { set } : {}) };
  },

  async write(set: DistilledSet): Promise<Written> {
    return writeMtt(set);
  },
};

/** @throws DataError unless the file holds one tensor and nothing else. */
async function bareTensor(opened: ValueFile, file: SourceFile): Promise<StoredTensor> {
  if (!isTensorValue(opened.root))
    throw new DataError(
      `torchFolder: invalid ${file.path}: expected one bare tensor; open this file alone to see what it holds`,
    );
  return opened.tensor(opened.root);
}

/** Join parts along the first dimension: a large set split over `images_best_0.pt`, `_1`, … */
function concatenate(parts: readonly StoredTensor[], budget: Budget): StoredTensor {
  const [first] = parts;
  let rows = 0;
  let length = 0;
  for (const { dtype, shape, data } of parts) {
    if (
      dtype !== first.dtype ||
      shape.length !== first.shape.length ||
      shape.slice(1).some((s, i) => s !== first.shape[i + 1])
    )
      throw new DataError(
        `torchFolder: invalid parts: expected one shape and type, got [${first.shape}] and [${shape}]`,
      );
    if (shape.length === 0) throw new DataError("torchFolder: invalid parts: expected rows, got single numbers");
    rows += shape[0];
    length += data.length;
  }
  budget.charge(length * first.data.BYTES_PER_ELEMENT, "torchFolder", "joined parts");
  const data = sameKind(first.data, length);
  let at = 0;
  for (const part of parts) {
    (data.set as (from: TensorData, at: number) => void)(part.data, at);
    at += part.data.length;
  }
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], data };
}
