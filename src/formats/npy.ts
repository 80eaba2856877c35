import { DataError } from "../core/errors.ts";
import { looksLikeImages } from "./assemble.ts";
import type { Format, Opened, ReadOptions, Source } from "./Format.ts";
import { Budget } from "./limits.ts";
import { npyMagic } from "./numpy/npyFile.ts";
import { python2Note, readArray } from "./numpy/readArray.ts";
import { setFromArrays } from "./numpy/setFromArrays.ts";
import { objectInfo } from "./tensor.ts";
import { beginsWith } from "./zip/peekZip.ts";

/** One NumPy array. Images need the `ipc` option to become a set; everything else is listed. */
export const npy: Format = {
  title: "NumPy .npy array",
  source: "numpy/lib/format.py, format versions 1.0 to 3.0",
  reads: ["ipc", "layout"],

  async detect(source: Source): Promise<number> {
    const [file] = source.files;
    return source.files.length === 1 && (await beginsWith(file, npyMagic)) ? 0.99 : 0;
  },

  async read(source: Source, options: ReadOptions = {}): Promise<Opened> {
    const [file] = source.files;
    if (source.files.length !== 1)
      throw new DataError(`npy: invalid source: expected one file, got ${source.files.length}`);
    const budget = new Budget(options.maxBytes);
    budget.charge(file.size, "npy", file.path);
    const array = readArray(await file.read(), "npy", file.path, budget);
    const set = looksLikeImages(array)
      ? setFromArrays(new Map([["images", array]]), source.name, options, budget, "npy")
      : undefined;
    const findings = python2Note(array.python2 ? [file.path] : []);
    return { format: "npy", objects: [objectInfo(".", array)], findings, ...(set ? { set } : {}) };
  },
};
