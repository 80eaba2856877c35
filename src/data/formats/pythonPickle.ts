import { DataError } from "../../core/errors.ts";
import type { Format, Opened, ReadOptions, Source } from "./Format.ts";
import { Budget } from "./limits.ts";
import { readCifarFolder, setFromBatch } from "./pickle/cifarBatches.ts";
import { openPickle } from "./pickle/openPickle.ts";
import { readValueSet } from "./torch/readValueSet.ts";

/** A plain Python pickle of numbers: CIFAR batches in their python version, `batches.meta`, dictionaries of NumPy arrays. */
export const pythonPickle: Format = {
  title: "Python pickle (CIFAR-10/100 python version)",
  source: "cpython Lib/pickle.py; the CIFAR page of the University of Toronto",

  async detect(source: Source): Promise<number> {
    const batches = source.files.filter((file) =>
      /(^|\/)(data_batch_\d|batches\.meta|train|test|meta)$/.test(file.path),
    );
    const [file] = source.files.length === 1 ? source.files : batches;
    if (!file || file.size < 2) return 0;
    if (source.files.length > 1) return batches.length > 1 && (await looksLikePickle(file)) ? 0.9 : 0;
    return looksLikePickle(file);
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

/** A protocol marker and an opcode after it; or, without one, text that ends with STOP as protocols 0 and 1 do. */
async function looksLikePickle(file: Source["files"][number]): Promise<number> {
  const head = await file.read(0, Math.min(file.size, 64));
  if (head[0] === 0x80) return head[1] <= 5 ? 0.9 : 0.2;
  const [last] = await file.read(file.size - 1, 1);
  const opensText = "(]}cilNIVSFX".includes(String.fromCharCode(head[0])) && head.includes(10);
  return last === 0x2e && opensText ? 0.2 : 0;
}
