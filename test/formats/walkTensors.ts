import { readFile } from "node:fs/promises";
import { sha256Hex } from "../../src/core/hash.ts";
import { Budget } from "../../src/formats/limits.ts";
import { memoryFile } from "../../src/formats/memorySource.ts";
import { readNpy } from "../../src/formats/numpy/npyFile.ts";
import { isKind, type PickleValue, textOf } from "../../src/formats/pickle/values.ts";
import { openSafetensors } from "../../src/formats/safetensors/safetensorsFile.ts";
import { type StoredTensor, tensorBytes } from "../../src/formats/tensor.ts";
import { isTensorValue, type ValueFile } from "../../src/formats/torch/TorchFile.ts";
import { openTorch } from "../../src/formats/torch.ts";
import { openZip } from "../../src/formats/zip/openZip.ts";

/** dtype, shape, sha256 of the little-endian row-major bytes. */
export type Digest = [dtype: string, shape: readonly number[], sha256: string];

export function digest(tensor: StoredTensor): Digest {
  return [tensor.dtype, tensor.shape, sha256Hex(tensorBytes(tensor.data))];
}

/** Every tensor of a file by its path, as the script golden/make_tensors.py lists them. */
export async function digestsOf(path: string): Promise<Record<string, Digest>> {
  const bytes = new Uint8Array(await readFile(path));
  const out: Record<string, Digest> = {};
  if (path.endsWith(".npy")) out["."] = digest(readNpy(bytes, new Budget(), "npy"));
  else if (path.endsWith(".npz")) {
    const archive = await openZip(memoryFile(path, bytes), new Budget(), "npz");
    for (const entry of archive.entries)
      out[entry.name.slice(0, -4)] = digest(readNpy(await archive.read(entry), new Budget(), "npz"));
  } else if (path.endsWith(".safetensors")) {
    const file = await openSafetensors(memoryFile(path, bytes));
    for (const name of file.entries.keys()) out[name] = digest(await file.tensor(name));
  } else {
    const file = await openTorch(memoryFile(path, bytes), new Budget());
    await walk(file, file.root, "", out);
  }
  return out;
}

async function walk(file: ValueFile, value: PickleValue, path: string, out: Record<string, Digest>): Promise<void> {
  if (isTensorValue(value)) out[path || "."] = digest(await file.tensor(value));
  else if (isKind(value, "list") || isKind(value, "tuple"))
    for (const [i, item] of value.items.entries()) await walk(file, item, `${path}[${i}]`, out);
  else if (isKind(value, "dict"))
    for (const [key, item] of value.entries) {
      const name = typeof key === "number" ? String(key) : textOf(key);
      await walk(file, item, path ? `${path}.${name}` : `${name}`, out);
    }
}
