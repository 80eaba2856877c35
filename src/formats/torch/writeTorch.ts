import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Written } from "../Format.ts";
import { fileStem } from "../fileStem.ts";
import { type StoredTensor, tensorBytes } from "../tensor.ts";
import { writeZip } from "../zip/writeZip.ts";
import { type Writable, writePickle } from "./writePickle.ts";

/**
 * Write a set as DC, DSA and DM save theirs: `{"data": [[images, labels]], "accs_all_exps": {}}` in one zip-form `.pt`
 * file. Images are float32 [M, C, H, W], hard labels int64 [M], soft ones float32 [M, K].
 */
export function writeDc(set: DistilledSet): Written {
  const { images, labels } = setTensors(set);
  const file = writeTensors([images, labels], ([x, y]) => ({
    dict: [
      ["data", { list: [{ list: [x, y] }] }],
      ["accs_all_exps", { dict: [] }],
    ],
  }));
  return { files: new Map([[`${fileStem(set.name)}.pt`, file]]), losses: torchLosses(set) };
}

/**
 * Write a set as MTT saves its own: bare tensors in `images_best.pt` and `labels_best.pt`, and `lr_best.pt` where the
 * metadata has a learning rate under `lr`.
 */
export function writeMtt(set: DistilledSet): Written {
  const { images, labels } = setTensors(set);
  const files = new Map([
    ["images_best.pt", writeTensors([images], ([tensor]) => tensor)],
    ["labels_best.pt", writeTensors([labels], ([tensor]) => tensor)],
  ]);
  const { lr } = set.metadata;
  if (typeof lr === "number") {
    const tensor: StoredTensor = { dtype: "float32", shape: [], data: Float32Array.of(lr) };
    files.set(
      "lr_best.pt",
      writeTensors([tensor], ([written]) => written),
    );
  }
  return { files, losses: torchLosses(set) };
}

/** Pack tensors into a zip-form `.pt` file: `describe` gets a reference to each and says how they hang together. */
function writeTensors(
  tensors: readonly StoredTensor[],
  describe: (refs: readonly Writable[]) => Writable,
): Uint8Array<ArrayBuffer> {
  const refs = tensors.map(({ dtype, shape }, i) => ({ tensor: { key: String(i), dtype, shape } }));
  const text = new TextEncoder();
  const entries = new Map<string, Uint8Array>([
    ["archive/data.pkl", writePickle(describe(refs))],
    ["archive/byteorder", text.encode("little")],
  ]);
  for (const [i, { data }] of tensors.entries()) entries.set(`archive/data/${i}`, tensorBytes(data));
  entries.set("archive/version", text.encode("3\n"));
  return writeZip(entries);
}

/** Images and labels of a set as the tensors that training programs expect. */
export function setTensors(set: DistilledSet): { images: StoredTensor; labels: StoredTensor } {
  const [m] = set.shape;
  const images: StoredTensor = { dtype: "float32", shape: set.shape, data: set.images };
  const labels: StoredTensor =
    set.labels.kind === "hard"
      ? { dtype: "int64", shape: [m], data: BigInt64Array.from(set.labels.classes, BigInt) }
      : { dtype: "float32", shape: [m, set.classes], data: set.labels.values };
  return { images, labels };
}

/** What bare arrays cannot say about a set. */
export function arrayLosses(set: DistilledSet, kept: readonly string[] = []): string[] {
  const losses: string[] = [];
  if (set.normalisation.kind !== "unknown")
    losses.push(`the normalisation (${set.normalisation.kind}) is not written: receivers have to be told`);
  if (set.classNames) losses.push("class names are not written");
  if (set.labels.kind === "soft") losses.push(`what the labels are (${set.labels.form}) is not written`);
  const lost = Object.keys(set.metadata).filter((key) => !kept.includes(key));
  if (lost.length) losses.push(`metadata is not written: ${lost.join(", ")}`);
  return losses;
}

function torchLosses(set: DistilledSet): string[] {
  return arrayLosses(set, ["layout", "experiment", "experiments", "lr"]);
}
