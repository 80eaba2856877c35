import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import type { SourceFile } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { runPickle } from "../pickle/machine.ts";
import { PickleFault } from "../pickle/PickleFault.ts";
import { scanPickle } from "../pickle/scan.ts";
import { type ForeignStorage, isKind, member, type PickleValue, type TorchStorage } from "../pickle/values.ts";
import { viewAs } from "../tensor.ts";
import { readPersistentId, storageItemSize } from "./persistentId.ts";
import { refusalOf, refuseFault, tensorOfStorage, type ValueFile } from "./TorchFile.ts";

const who = "torch";
const magicNumber = 0x1950a86a20f9469cfc6cn;
/** PROTO 2, LONG1 of ten bytes, the magic number, STOP. */
export const legacyMagic = [
  0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
] as const;

/**
 * Open a `.pt` file in the form before torch 1.6: five pickles (magic number, protocol 1001, machine, object, storage
 * keys), then for each key a count and the raw numbers, then the end.
 */
export async function openTorchLegacy(file: SourceFile, budget: Budget): Promise<ValueFile> {
  budget.charge(file.size, who, file.path);
  const bytes = await file.read();
  const scan = scanPickle(bytes, budget, { count: 5, tail: true });
  const refusal = refusalOf(who, file, scan);
  if (refusal) throw refusal;
  try {
    return readParts(bytes, scan.ends, scan.globals, budget);
  } catch (error) {
    throw refuseFault(who, file, scan, error);
  }
}

function readParts(
  bytes: Uint8Array<ArrayBuffer>,
  ends: readonly number[],
  globals: readonly string[],
  budget: Budget,
): ValueFile {
  const storages = new Map<string, TorchStorage | ForeignStorage>();
  const persistent = (id: PickleValue, offset: number): TorchStorage | ForeignStorage => {
    const storage = readPersistentId(id, 6, offset);
    const before = storages.get(storage.key);
    if (before && (before.dtype !== storage.dtype || before.count !== storage.count))
      throw new PickleFault(
        "torch-storage",
        `invalid storage ${storage.key}: expected one type and size, got two`,
        offset,
      );
    storages.set(storage.key, before ?? storage);
    return before ?? storage;
  };
  const part = (index: number, resolve?: typeof persistent): PickleValue => {
    const base = index === 0 ? 0 : ends[index - 1];
    return runPickle(bytes.subarray(base, ends[index]), { dialect: "torch", budget, base, persistent: resolve }).value;
  };
  if (part(0) !== magicNumber)
    throw new DataError(`${who}: invalid magic number: expected 0x${magicNumber.toString(16)}`, 0);
  if (part(1) !== 1001) throw new DataError(`${who}: invalid protocol: expected 1001`, ends[0]);
  const machine = part(2);
  if (!isKind(machine, "dict") || member(machine, "little_endian") !== true)
    throw new DataError(`${who}: invalid byte order: expected a file of a little-endian machine`, ends[1]);
  const root = part(3, persistent);
  const keys = part(4);
  const numbers = readStorages(new Cursor(bytes, who, 0, ends[4]), keys, storages, budget);
  return {
    size: bytes.length,
    root,
    globals,
    findings: [],
    async tensor(value) {
      if (value.kind === "array" && value.tensor) return value.tensor;
      const stored = value.kind === "tensor" ? numbers.get(value.storage.key) : undefined;
      if (value.kind !== "tensor" || !stored) throw new DataError(`${who}: missing content of a tensor or array`);
      return tensorOfStorage(value, viewAs(stored, value.storage.dtype), budget);
    },
  };
}

function readStorages(
  cursor: Cursor,
  keys: PickleValue,
  storages: ReadonlyMap<string, TorchStorage | ForeignStorage>,
  budget: Budget,
): Map<string, Uint8Array<ArrayBuffer>> {
  const numbers = new Map<string, Uint8Array<ArrayBuffer>>();
  const items = isKind(keys, "list") ? keys.items : [];
  if (items.length !== storages.size)
    throw new DataError(`${who}: invalid storage keys: expected ${storages.size}, got ${items.length}`, cursor.offset);
  for (const key of items) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage || numbers.has(storage.key))
      throw new DataError(`${who}: invalid storage keys: expected each used key once`, cursor.offset);
    const at = cursor.offset;
    const count = cursor.u64("storage size");
    if (count !== storage.count)
      throw new DataError(
        `${who}: invalid storage ${storage.key}: expected ${storage.count} numbers, got ${count}`,
        at,
      );
    const raw = cursor.take(count * storageItemSize(storage), `storage ${storage.key}`);
    budget.charge(raw.length, who, `storage ${storage.key}`, at);
    numbers.set(storage.key, new Uint8Array(raw));
  }
  if (cursor.left !== 0)
    throw new DataError(
      `${who}: invalid file: expected the end after the last storage, got ${cursor.left} more bytes`,
      cursor.offset,
    );
  return numbers;
}
