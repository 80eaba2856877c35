import { DataError } from "../../core/errors.ts";
import type { Finding, SourceFile } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { runPickle } from "../pickle/machine.ts";
import { PickleFault } from "../pickle/PickleFault.ts";
import { scanPickle } from "../pickle/scan.ts";
import type { ForeignStorage, TorchStorage } from "../pickle/values.ts";
import { Refusal } from "../Refusal.ts";
import { viewAs } from "../tensor.ts";
import { openZip, type ZipArchive } from "../zip/openZip.ts";
import { readPersistentId, storageItemSize } from "./persistentId.ts";
import { refusalOf, refuseFault, storageCache, tensorOfStorage, type ValueFile } from "./TorchFile.ts";

const who = "torch";
/** Entries beside `data.pkl` and `data/<key>` that PyTorch has written over the years. */
const known =
  /^(version|byteorder|\.format_version|\.storage_alignment|\.data\/serialization_id|data\/[0-9A-Za-z_]{1,64})$/;
const maxPickle = 2 ** 26;

/** Open a `.pt` file in zip form (torch 1.6 and later): one top folder with `data.pkl`, raw storages beside it. */
export async function openTorchZip(file: SourceFile, budget: Budget): Promise<ValueFile> {
  const archive = await openZip(file, budget, who);
  const folder = topFolder(archive);
  const findings: Finding[] = [...archive.findings];
  const entry = archive.get(`${folder}data.pkl`);
  if (!entry) throw notTorch(archive, `missing entry: expected ${folder}data.pkl`);
  await checkEntries(file, archive, folder);
  if (entry.size > maxPickle)
    throw new DataError(
      `${who}: invalid data.pkl: expected at most ${maxPickle} bytes, got ${entry.size}`,
      entry.dataOffset,
    );
  const pickle = await archive.read(entry);
  // Offsets into a deflated pickle cannot be positions in the file.
  const base = entry.method === 0 ? entry.dataOffset : 0;
  const scan = scanPickle(pickle, budget, { base });
  const refusal = refusalOf(who, file, scan);
  if (refusal) throw refusal;
  const used = new Set<string>();
  const persistent = (id: Parameters<typeof readPersistentId>[0], offset: number): TorchStorage | ForeignStorage => {
    const storage = readPersistentId(id, 5, offset);
    const stored = archive.get(`${folder}data/${storage.key}`);
    const need = storage.count * storageItemSize(storage);
    if (!stored || stored.size !== need || stored.method !== 0)
      throw new PickleFault(
        "torch-storage",
        `invalid storage ${storage.key}: expected a stored entry of ${need} bytes, got ${stored ? `${stored.size} bytes, method ${stored.method}` : "none"}`,
        offset,
      );
    used.add(storage.key);
    return storage;
  };
  let root: ValueFile["root"];
  try {
    root = runPickle(pickle, { dialect: "torch", budget, base, persistent }).value;
  } catch (error) {
    throw refuseFault(who, file, scan, error);
  }
  for (const { name, size } of archive.entries)
    if (name.startsWith(`${folder}data/`) && !used.has(name.slice(folder.length + 5)))
      findings.push({
        severity: "warning",
        rule: "torch-unused-storage",
        message: `${name} (${size} bytes) is used by no tensor`,
        file: file.path,
      });
  const fetch = storageCache(async (storage) => {
    const stored = archive.get(`${folder}data/${storage.key}`);
    if (!stored) throw new DataError(`${who}: missing storage ${storage.key}`, storage.offset);
    // PyTorch compares no checksum of a storage, and can be told not to write one.
    return viewAs(await archive.read(stored, "unchecked"), storage.dtype);
  });
  return {
    size: file.size,
    root,
    globals: scan.globals,
    findings,
    async tensor(value) {
      if (value.kind === "tensor") return tensorOfStorage(value, await fetch(value.storage), budget);
      if (value.tensor) return value.tensor;
      throw new DataError(`${who}: missing content of an array: expected its state to be set`);
    },
  };
}

/** The one folder everything lies in, with its slash. Its name is the file's stem or `archive`, and means nothing. */
function topFolder(archive: ZipArchive): string {
  const first = archive.entries[0]?.name ?? "";
  const folder = first.slice(0, first.indexOf("/") + 1);
  for (const { name, dataOffset } of archive.entries)
    if (folder === "" || !name.startsWith(folder))
      throw notTorch(
        archive,
        `invalid archive: expected one top folder, got ${JSON.stringify(first.slice(0, 60))} and ${JSON.stringify(name.slice(0, 60))}`,
        dataOffset,
      );
  if (folder === "") throw notTorch(archive, "missing entry: expected data.pkl in a folder, got an empty archive");
  return folder;
}

/** Without a data.pkl anywhere it is no PyTorch file, but some other archive: nothing is wrong with it. */
function notTorch(archive: ZipArchive, message: string, offset?: number): DataError {
  const names = archive.entries.map(({ name }) => name);
  if (names.some((name) => /(^|\/)data\.pkl$/.test(name))) return new DataError(`${who}: ${message}`, offset);
  const shown = `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;
  return new NotRecognised(`${who}: ${message}; it is a zip archive of ${names.length} files (${shown})`, offset);
}

async function checkEntries(file: SourceFile, archive: ZipArchive, folder: string): Promise<void> {
  for (const { name, dataOffset } of archive.entries) {
    const rest = name.slice(folder.length);
    if (rest === "data.pkl" || known.test(rest)) continue;
    const script = rest === "constants.pkl" || rest.startsWith("code/");
    throw new Refusal(
      `${who}: ${script ? "dangerous" : "unsafe"} file ${file.path}: holds ${JSON.stringify(rest.slice(0, 60))}`,
      dataOffset,
      {
        format: who,
        findings: [
          {
            severity: script ? "dangerous" : "unsafe",
            rule: script ? "torch-script" : "torch-entry",
            message: script
              ? "is a TorchScript archive: loading it elsewhere would load its program"
              : `holds ${JSON.stringify(rest.slice(0, 60))}, which belongs to no tensor file`,
            file: file.path,
            offset: dataOffset,
          },
        ],
      },
    );
  }
  const order = archive.get(`${folder}byteorder`);
  if (!order) return;
  if (order.size > 16) throw new DataError(`${who}: invalid byteorder: expected "little"`, order.dataOffset);
  const text = new TextDecoder().decode(await archive.read(order));
  if (text !== "little")
    throw new DataError(`${who}: invalid byteorder: expected "little", got ${JSON.stringify(text)}`, order.dataOffset);
}
