import type { Finding, ObjectInfo } from "../Format.ts";
import { isKind, type PickleValue, textOf } from "../pickle/values.ts";
import { itemSize, objectInfo } from "../tensor.ts";
import { isTensorValue, signature, type ValueFile } from "./TorchFile.ts";

/** Chosen: a state dict of the largest models has a few thousand. */
const maxObjects = 10_000;
const maxDepth = 32;

/**
 * List every tensor, array, number and text of a described value with its path, each container once: a file may share
 * or even contain itself, the list stays linear in its size. Ranges are left out once four times the file has been looked at.
 *
 * @param prefix of every path, where several files are listed together.
 */
export async function listObjects(
  file: ValueFile,
  prefix = "",
): Promise<{ objects: ObjectInfo[]; findings: Finding[] }> {
  const objects: ObjectInfo[] = [];
  const seen = new Set<PickleValue>();
  let left = 0;
  let scanned = 0;
  const visit = async (value: PickleValue, path: string, depth: number): Promise<void> => {
    if (objects.length >= maxObjects || depth > maxDepth) {
      left++;
      return;
    }
    if (isTensorValue(value)) {
      const { dtype, shape } = signature(value);
      // A file may describe the same numbers again and again; each costs only its description.
      scanned += shape.reduce((product, size) => product * size, itemSize(dtype));
      if (scanned <= 4 * file.size + 2 ** 20) objects.push(objectInfo(path || ".", await file.tensor(value)));
      else objects.push({ path: path || ".", dtype, shape });
      return;
    }
    const foreign = foreignInfo(value, path || ".");
    if (foreign) objects.push(foreign);
    const plain = plainInfo(value, path || ".");
    if (plain) objects.push(plain);
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (value.kind === "list" || value.kind === "tuple") {
      if (numbersOf(value)) objects.push(numberList(value.items, path || "."));
      else
        for (let i = 0; i < value.items.length && left === 0; i++)
          await visit(value.items[i], `${path}[${i}]`, depth + 1);
    } else if (value.kind === "dict")
      for (const [key, item] of value.entries) {
        if (left > 0) break;
        await visit(item, joinPath(path, key), depth + 1);
      }
  };
  await visit(file.root, prefix, 0);
  const findings: Finding[] =
    left === 0
      ? []
      : [
          {
            severity: "note",
            rule: "objects-left-out",
            message: `holds more than ${maxObjects} objects or is nested more than ${maxDepth} deep; the rest is not listed`,
          },
        ];
  return { objects, findings };
}

/** Numbers of a list, NumPy scalars included; undefined if anything else is in it. */
export function numbersOf(value: PickleValue | undefined): number[] | undefined {
  if (!isKind(value, "list") && !isKind(value, "tuple")) return undefined;
  const numbers: number[] = [];
  for (const item of value.items) {
    const number = numberOf(item);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  return numbers;
}

export function numberOf(value: PickleValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return isKind(value, "scalar") && typeof value.value !== "boolean" ? Number(value.value) : undefined;
}

/** Numbers of a type that is not read, and objects of which only a name is kept. */
function foreignInfo(value: PickleValue, path: string): ObjectInfo | undefined {
  if (isKind(value, "foreign")) return { path, dtype: value.dtype, shape: value.shape };
  if (isKind(value, "array") && value.foreign) return { path, ...value.foreign };
  return isKind(value, "opaque") ? { path, dtype: value.name, shape: [] } : undefined;
}

function plainInfo(value: PickleValue, path: string): ObjectInfo | undefined {
  if (typeof value === "boolean") return { path, dtype: "bool", shape: [] };
  if (typeof value === "bigint") return { path, dtype: "integer", shape: [] };
  if (textOf(value) !== undefined) return { path, dtype: "text", shape: [] };
  if (isKind(value, "bytes")) return { path, dtype: "bytes", shape: [value.bytes.length] };
  const number = numberOf(value);
  if (number === undefined) return undefined;
  const dtype = isKind(value, "scalar") ? value.dtype : Number.isInteger(number) ? "integer" : "float64";
  return Number.isFinite(number) ? { path, dtype, shape: [], min: number, max: number } : { path, dtype, shape: [] };
}

function numberList(items: readonly PickleValue[], path: string): ObjectInfo {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const number = numberOf(item) as number;
    if (Number.isFinite(number)) {
      min = Math.min(min, number);
      max = Math.max(max, number);
    }
  }
  const [first] = items;
  const dtype = isKind(first, "scalar") ? first.dtype : items.every(Number.isInteger) ? "integer" : "float64";
  return { path, dtype, shape: [items.length], ...(min <= max ? { min, max } : {}) };
}

function joinPath(path: string, key: PickleValue): string {
  const text = typeof key === "number" ? undefined : textOf(key);
  if (text === undefined) return `${path}[${typeof key === "number" ? key : "…"}]`;
  const name = text.length > 100 ? `${text.slice(0, 99)}…` : text;
  return path === "" ? name : `${path}.${name}`;
}
