import { isKind, type PickleValue, pickleKind, textOf } from "../pickle/values.ts";
import { isDeclaring } from "../saysTampered.ts";
import { isTensorValue, signature, type ValueFile } from "./TorchFile.ts";

/** Chosen: records are small; what lies beyond is numbers. */
const mostItems = 10_000;
const deepest = 16;
/** Numbers of a tensor that is looked into: a flag for each image of a large set. */
const mostNumbers = 2 ** 20;

/**
 * What a described value says beside its tensors, as plain values: texts, flags and numbers by their names, each container once. Of
 * tensors only those are fetched whose name declares that the set was tampered with.
 */
export async function recordsOf(file: ValueFile): Promise<unknown> {
  const seen = new Set<PickleValue>();
  let left = mostItems;
  const plain = async (value: PickleValue, name: string, depth: number): Promise<unknown> => {
    if (isTensorValue(value)) {
      if (!isDeclaring(name)) return undefined;
      const size = signature(value).shape.reduce((product, side) => product * side, 1);
      return size <= mostNumbers ? (await file.tensor(value)).data : "(tensor)";
    }
    if (isKind(value, "scalar")) return value.value;
    if (typeof value !== "object" || value === null) return value;
    const text = textOf(value);
    if (text !== undefined) return text;
    const inner = isKind(value, "list") || isKind(value, "tuple") || isKind(value, "array") ? value.items : undefined;
    if (!inner && !isKind(value, "dict")) return isDeclaring(name) ? `(${pickleKind(value)})` : undefined;
    if (seen.has(value) || depth > deepest) return undefined;
    seen.add(value);
    if (!isKind(value, "dict")) {
      const items: unknown[] = [];
      for (const item of inner ?? []) if (left-- > 0) items.push(await plain(item, name, depth + 1));
      return items;
    }
    const members = new Map<string, unknown>();
    for (const [key, member] of value.entries) {
      const called = textOf(key);
      if (called !== undefined && left-- > 0) members.set(called, await plain(member, called, depth + 1));
    }
    return members;
  };
  return plain(file.root, "", 0);
}
