import { DataError } from "../core/errors.ts";
import type { Format, Opened, ReadOptions, Source, SourceFile } from "./Format.ts";
import { Budget, defaultMaxBytes } from "./limits.ts";
import { readCifarFolder, setFromBatch } from "./pickle/cifarBatches.ts";
import { openPickle } from "./pickle/openPickle.ts";
import { contentKind } from "./scan/contentKind.ts";
import { looksLikePickle } from "./scan/looksLikePickle.ts";
import { readValueSet } from "./torch/readValueSet.ts";

/** A plain Python pickle of numbers: CIFAR batches in their python version, `batches.meta`, dictionaries of NumPy arrays. */
export const pythonPickle: Format = {
  title: "Python pickle (CIFAR-10/100 python version)",
  source: "cpython Lib/pickle.py; the CIFAR page of the University of Toronto",
  reads: ["experiment", "factor", "ipc", "layout", "split"],

  async detect(source: Source): Promise<number> {
    const batches = source.files.filter((file) =>
      /(^|\/)(data_batch_\d|batches\.meta|train|test|meta)$/.test(file.path),
    );
    const [file] = source.files.length === 1 ? source.files : batches;
    if (!file || file.size < 2) return 0;
    if (source.files.length > 1) return batches.length > 1 && (await looksLike(file)) > 0 ? 0.9 : 0;
    return looksLike(file);
  },

  async read(source: Source, options: ReadOptions = {}): Promise<Opened> {
    const budget = new Budget(options.maxBytes);
    if (source.files.length > 1) return readCifarFolder(source, options, budget);
    if (source.files.length === 0) throw new DataError("pythonPickle: invalid source: expected one file, got none");
    const file = await openPickle(source.files[0], budget);
    const opened = await readValueSet(file, "pythonPickle", source.name, options, budget);
    const set = opened.set ?? setFromBatch(file.root, source.name, "pythonPickle");
    return { ...opened, ...(set ? { set } : {}) };
  },
};

/** A protocol marker; or, without one, opcodes that lead to a value, as protocols 0 and 1 have it. */
async function looksLike(file: SourceFile): Promise<number> {
  const head = await file.read(0, Math.min(file.size, 512));
  if (head[0] === 0x80 && head[1] <= 5) return 0.9;
  const kind = contentKind(head);
  if (file.size > defaultMaxBytes || (kind && kind.name !== "a text")) return 0;
  return looksLikePickle(await file.read()) ? 0.2 : 0;
}
