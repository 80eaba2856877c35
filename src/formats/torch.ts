import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Format, Opened, ReadOptions, Source, SourceFile, Written } from "./Format.ts";
import { Budget } from "./limits.ts";
import { NotRecognised } from "./NotRecognised.ts";
import { legacyMagic, openTorchLegacy } from "./torch/openTorchLegacy.ts";
import { openTorchZip } from "./torch/openTorchZip.ts";
import { readValueSet } from "./torch/readValueSet.ts";
import type { ValueFile } from "./torch/TorchFile.ts";
import { writeDc } from "./torch/writeTorch.ts";
import { beginsWith, peekZip } from "./zip/peekZip.ts";

/** One PyTorch file, read by the restricted pickle machine; written in the layout of DC, DSA and DM. */
export const torch: Format = {
  title: "PyTorch .pt file (DC, DSA, DM, DataDAM, IDC, dictionaries); written in the DC layout",
  source: "pytorch torch/serialization.py; VICO-UoE/DatasetCondensation main.py",
  endings: [".pt", ".pth"],
  reads: ["experiment", "factor", "ipc", "layout"],

  async detect(source: Source): Promise<number> {
    const [file] = source.files;
    return source.files.length === 1 ? torchConfidence(file) : 0;
  },

  async read(source: Source, options: ReadOptions = {}): Promise<Opened> {
    if (source.files.length !== 1)
      throw new DataError(`torch: invalid source: expected one file, got ${source.files.length}`);
    const budget = new Budget(options.maxBytes);
    const file = await openTorch(source.files[0], budget);
    return readValueSet(file, "torch", source.name, options, budget);
  },

  async write(set: DistilledSet): Promise<Written> {
    return writeDc(set);
  },
};

/** How sure it is that a file is a PyTorch file of any form. */
export async function torchConfidence(file: SourceFile): Promise<number> {
  if (await beginsWith(file, legacyMagic)) return 0.99;
  const names = await peekZip(file);
  if (names === undefined) return (await isTar(file)) ? 0.98 : 0;
  if (names.length === 0) return 0.1; // a broken zip: somebody has to say what is broken
  return names.some((name) => /(^|\/)(data\.pkl|data\/\d+)$/.test(name)) ? 0.95 : 0.05;
}

/** Open a PyTorch file of any form. @throws DataError; Refusal if it names what must not be unpickled. */
export async function openTorch(file: SourceFile, budget: Budget): Promise<ValueFile> {
  if (await beginsWith(file, legacyMagic)) return openTorchLegacy(file, budget);
  if (await isTar(file))
    throw new NotRecognised(
      "torch: unknown form: expected the zip or the legacy form, got the tar form before 0.1.10",
      257,
    );
  return openTorchZip(file, budget);
}

/** The oldest form: a tar archive that begins with one of four names. */
async function isTar(file: SourceFile): Promise<boolean> {
  if (!(await beginsWith(file, [0x75, 0x73, 0x74, 0x61, 0x72], 257))) return false;
  const name = new TextDecoder("latin1").decode(await file.read(0, 9));
  return /^(sys_info|pickle|storages|tensors)\0/.test(name);
}
