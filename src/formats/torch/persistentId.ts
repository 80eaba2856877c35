import { storageType } from "../pickle/allowed.ts";
import { PickleFault } from "../pickle/PickleFault.ts";
import { type ForeignStorage, isKind, type PickleValue, pickleKind, type TorchStorage } from "../pickle/values.ts";
import { itemSize } from "../tensor.ts";

/**
 * Read a persistent id: `("storage", type, key, location, count)`, in legacy files with a sixth member that is None.
 * The location tag says where the numbers were, not where they go: it is kept for the report and otherwise ignored.
 *
 * @throws PickleFault if it is anything else.
 */
export function readPersistentId(id: PickleValue, length: 5 | 6, offset: number): TorchStorage | ForeignStorage {
  const items = isKind(id, "tuple") ? id.items : [];
  const [tag, type, key, location, count, view] = items;
  const fail = (expected: string): never => {
    throw new PickleFault(
      "torch-storage",
      `invalid storage: expected ${expected}, got (${items.slice(0, 8).map(pickleKind).join(", ")})`,
      offset,
    );
  };
  if (items.length !== length || tag !== "storage" || typeof location !== "string")
    return fail(`("storage", type, key, location, count) of ${length} members`);
  const dtype = storageType(type);
  if (dtype === undefined) return fail("a torch storage type");
  if (typeof key !== "string" || !/^[0-9A-Za-z_]{1,64}$/.test(key)) return fail("a key of letters and digits");
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
    return fail("a whole number ≥ 0 as count");
  if (view !== undefined && view !== null) return fail("no view of another storage");
  if (typeof dtype !== "string")
    return { kind: "foreignStorage", dtype: dtype.name, itemBytes: dtype.bytes, key, count, offset };
  return { kind: "storage", dtype, key, location, count, offset };
}

/** Bytes of one number of a storage. */
export function storageItemSize(storage: TorchStorage | ForeignStorage): number {
  return storage.kind === "storage" ? itemSize(storage.dtype) : storage.itemBytes;
}
