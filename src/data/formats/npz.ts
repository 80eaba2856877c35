import { DataError } from "../../core/errors.ts";
import type { DistilledSet } from "../DistilledSet.ts";
import type { Format, ObjectInfo, Opened, ReadOptions, Source, Written } from "./Format.ts";
import { fileStem } from "./fileStem.ts";
import { Budget } from "./limits.ts";
import { writeNpy } from "./numpy/npyFile.ts";
import { readArray } from "./numpy/readArray.ts";
import { setFromArrays } from "./numpy/setFromArrays.ts";
import { objectInfo, type Tensor } from "./tensor.ts";
import { arrayLosses, setTensors } from "./torch/writeTorch.ts";
import { openZip } from "./zip/openZip.ts";
import { peekZip } from "./zip/peekZip.ts";
import { writeZip } from "./zip/writeZip.ts";

/** A zip of NumPy arrays: KIP, RFAD, MedMNIST and plain ones. */
export const npz: Format = {
  title: "NumPy .npz archive (KIP, RFAD, MedMNIST, plain)",
  source: "numpy/lib/npyio.py savez",

  async detect(source: Source): Promise<number> {
    if (source.files.length !== 1) return 0;
    const names = await peekZip(source.files[0]);
    if (!names?.length) return 0;
    const arrays = names.filter((name) => name.endsWith(".npy")).length;
    return arrays === names.length ? 0.95 : arrays > 0 ? 0.3 : 0;
  },

  async read(source: Source, options: ReadOptions = {}): Promise<Opened> {
    if (source.files.length !== 1)
      throw new DataError(`npz: invalid source: expected one file, got ${source.files.length}`);
    const budget = new Budget(options.maxBytes);
    const archive = await openZip(source.files[0], budget, "npz");
    const arrays = new Map<string, Tensor>();
    const objects: ObjectInfo[] = [];
    for (const entry of archive.entries) {
      if (!entry.name.endsWith(".npy"))
        throw new DataError(
          `npz: invalid entry: expected only .npy files, got ${JSON.stringify(entry.name)}`,
          entry.dataOffset,
        );
      const array = readArray(await archive.read(entry), "npz", entry.name, budget);
      const name = entry.name.slice(0, -4);
      arrays.set(name, array);
      objects.push(objectInfo(name, array));
    }
    const set = setFromArrays(arrays, source.name, options, budget, "npz");
    return { format: "npz", objects, findings: [], ...(set ? { set } : {}) };
  },

  async write(set: DistilledSet): Promise<Written> {
    return { files: new Map([[`${fileStem(set.name)}.npz`, setToNpz(set)]]), losses: arrayLosses(set) };
  },
};

/**
 * Arrays `images` and `labels` as `np.load` reads them.
 *
 * @param deflate pack them; off by default, because float images hardly shrink.
 */
export function setToNpz(set: DistilledSet, deflate = false): Uint8Array<ArrayBuffer> {
  const { images, labels } = setTensors(set);
  const files = new Map([
    ["images.npy", writeNpy(images)],
    ["labels.npy", writeNpy(labels)],
  ]);
  return writeZip(files, deflate ? 6 : 0);
}
