import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { zipFile } from "./archiveSource.ts";
import type { Finding, Format, ObjectInfo, Opened, ReadOptions, Source, SourceFile, Written } from "./Format.ts";
import { fileStem } from "./fileStem.ts";
import { isAside } from "./junk.ts";
import { Budget } from "./limits.ts";
import { memoryFile } from "./memorySource.ts";
import { type NpyArray, NpyForeign, writeNpy } from "./numpy/npyFile.ts";
import { python2Note, readArray } from "./numpy/readArray.ts";
import { setFromArrays } from "./numpy/setFromArrays.ts";
import { openPickle } from "./pickle/openPickle.ts";
import { Refusal } from "./Refusal.ts";
import { declaringArrays } from "./saysTampered.ts";
import { objectInfo, type StoredTensor } from "./tensor.ts";
import { recordsOf } from "./torch/recordsOf.ts";
import { arrayLosses, setTensors } from "./torch/writeTorch.ts";
import { openZip, type ZipArchive, type ZipEntry } from "./zip/openZip.ts";
import { peekZip } from "./zip/peekZip.ts";
import { writeZip } from "./zip/writeZip.ts";

/** A zip of NumPy arrays: KIP, RFAD, MedMNIST and plain ones. */
export const npz: Format = {
  title: "NumPy .npz archive (KIP, RFAD, MedMNIST, plain)",
  source: "numpy/lib/npyio.py savez",
  endings: [".npz"],
  reads: ["ipc", "layout", "split"],

  async detect(source: Source): Promise<number> {
    if (source.files.length !== 1) return 0;
    const names = (await peekZip(source.files[0]))?.filter((name) => !isAside(name));
    if (!names?.length) return 0;
    const arrays = names.filter((name) => name.endsWith(".npy")).length;
    return arrays === names.length ? 0.95 : arrays > 0 ? 0.3 : 0;
  },

  async read(source: Source, options: ReadOptions = {}): Promise<Opened> {
    if (source.files.length !== 1)
      throw new DataError(`npz: invalid source: expected one file, got ${source.files.length}`);
    const budget = new Budget(options.maxBytes);
    const archive = await openZip(source.files[0], budget, "npz");
    const arrays = new Map<string, StoredTensor>();
    const objects: ObjectInfo[] = [];
    const findings: Finding[] = [...archive.findings];
    const python2: string[] = [];
    let refusal: Refusal | undefined;
    const unread: SourceFile[] = [];
    const records = new Map<string, unknown>();
    for (const entry of archive.entries) {
      if (isAside(entry.name)) {
        unread.push(zipFile(archive, entry));
        continue;
      }
      if (!entry.name.endsWith(".npy"))
        throw new DataError(
          `npz: invalid entry: expected only .npy files, got ${JSON.stringify(entry.name)}`,
          entry.dataOffset,
        );
      const name = entry.name.slice(0, -4);
      const array = await readEntry(archive, entry, budget);
      if ("foreign" in array) {
        refusal ??= array.refusal;
        records.set(name, array.says ?? `(${array.foreign.dtype})`);
        objects.push({ path: name, ...array.foreign });
        findings.push(...array.findings);
        continue;
      }
      if (array.python2) python2.push(entry.name);
      arrays.set(name, array);
      objects.push(objectInfo(name, array));
    }
    // Objects beside a set are left alone; without one they are what the file is about.
    const set = setFromArrays(arrays, source.name, options, budget, "npz");
    if (!set && refusal) throw refusal;
    return {
      format: "npz",
      objects,
      findings: [...findings, ...python2Note(python2)],
      unread,
      records: new Map([...records, ...declaringArrays(arrays)]),
      ...(set ? { set } : {}),
    };
  },

  async write(set: DistilledSet): Promise<Written> {
    return { files: new Map([[`${fileStem(set.name)}.npz`, setToNpz(set)]]), losses: arrayLosses(set) };
  },
};

/**
 * Read one array. One of a type that is not read is listed beside the others; Python objects too, where their pickle names nothing that
 * is not known to describe only.
 */
async function readEntry(archive: ZipArchive, entry: ZipEntry, budget: Budget): Promise<NpyArray | Foreign> {
  try {
    return readArray(await archive.read(entry), "npz", entry.name, budget);
  } catch (error) {
    if (error instanceof NpyForeign)
      return { foreign: { dtype: error.dtype, shape: error.shape }, findings: [], says: error.texts };
    if (!(error instanceof Refusal) || archive.entries.length === 1) throw error;
    if (error.findings.some(({ rule }) => rule !== "npy-objects")) throw error;
    const findings = error.findings.map((finding) => ({ ...finding, severity: "warning" as const }));
    const says = await describedObjects((await archive.read(entry)).subarray(error.offset), budget);
    return { foreign: { dtype: "objects", shape: [] }, findings, says, refusal: error };
  }
}

/** What a pickle of plain values describes: `np.savez(…, metadata={…})` keeps a dictionary so. Undefined where it holds anything else. */
async function describedObjects(bytes: Uint8Array<ArrayBuffer>, budget: Budget): Promise<unknown> {
  try {
    return await recordsOf(await openPickle(memoryFile("objects", bytes), budget));
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

interface Foreign {
  readonly foreign: Pick<ObjectInfo, "dtype" | "shape">;
  readonly findings: readonly Finding[];
  /** What texts and described objects say. */
  readonly says?: unknown;
  readonly refusal?: Refusal;
}

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
