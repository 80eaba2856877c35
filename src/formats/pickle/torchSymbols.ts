import { elementCount, maxDimensions } from "../limits.ts";
import { type DType, isDType, itemSize } from "../tensor.ts";
import { PickleFault } from "./PickleFault.ts";
import {
  type ForeignStorage,
  type ForeignTensor,
  isKind,
  type PickleValue,
  pickleKind,
  type TorchStorage,
  type TorchTensor,
} from "./values.ts";

/**
 * `_rebuild_tensor(storage, offset, size, stride)` and `_v2(…, requires_grad, backward_hooks)`.
 *
 * @param maxBytes limit of the whole read: a stride of 0 can describe more than that from four bytes.
 * @throws PickleFault unless every number the view can reach lies inside its storage.
 */
export function rebuildTensor(
  args: readonly PickleValue[],
  count: 4 | 6,
  offset: number,
  maxBytes: number,
): TorchTensor | ForeignTensor {
  const [storage, start, size, stride, requiresGrad, hooks] = args;
  const fail = (expected: string): never => {
    const got = args.slice(0, 8).map(pickleKind).join(", ");
    throw new PickleFault("torch-tensor", `invalid tensor: expected ${expected}, got (${got})`, offset);
  };
  if (args.length !== count || !isStorage(storage)) return fail(`${count} arguments, the first a storage`);
  if (!isSize(start)) return fail("a whole number ≥ 0 as its offset");
  const shape = sizes(size);
  const strides = sizes(stride);
  if (!shape || !strides || shape.length !== strides.length)
    return fail("as many strides as sizes, all whole numbers ≥ 0");
  if (shape.length > maxDimensions) return fail(`at most ${maxDimensions} dimensions`);
  if (count === 6 && typeof requiresGrad !== "boolean") return fail("a bool as requires_grad");
  if (count === 6 && !(isKind(hooks, "dict") && hooks.entries.size === 0)) return fail("no backward hooks");
  const isEmpty = shape.includes(0);
  let last = start;
  for (let i = 0; i < shape.length; i++) last += (shape[i] - 1) * strides[i];
  if (!isEmpty && !(last < storage.count))
    throw new PickleFault(
      "torch-extent",
      `invalid tensor: expected to end within ${storage.count} numbers of storage ${JSON.stringify(storage.key)}, got number ${last}`,
      offset,
    );
  if (storage.kind === "foreignStorage") return { kind: "foreign", dtype: storage.dtype, shape };
  const bytes = elementCount(shape, "pickle", "tensor", offset) * itemSize(storage.dtype);
  if (bytes > maxBytes)
    throw new PickleFault("torch-extent", `invalid tensor: expected at most ${maxBytes} bytes, got ${bytes}`, offset);
  return { kind: "tensor", storage, start, shape, strides };
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function sizes(value: PickleValue | undefined): readonly number[] | undefined {
  if (!isKind(value, "tuple") && !isKind(value, "list")) return undefined;
  return value.items.every(isSize) ? ([...value.items] as number[]) : undefined;
}

/** `_rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype, metadata?)`: bytes with the type beside them. */
export function rebuildTensorV3(
  args: readonly PickleValue[],
  offset: number,
  maxBytes: number,
): TorchTensor | ForeignTensor {
  const [storage, , , , , , type] = args;
  if (
    args.length < 7 ||
    args.length > 8 ||
    !isKind(storage, "storage") ||
    storage.dtype !== "uint8" ||
    !isKind(type, "global")
  )
    throw new PickleFault(
      "torch-tensor",
      `invalid tensor: expected bytes and their type, got (${args.slice(0, 8).map(pickleKind).join(", ")})`,
      offset,
    );
  return rebuildTensor([retyped(storage, type.name), ...args.slice(1, 6)], 6, offset, maxBytes);
}

/** The same bytes as numbers of another type. Of a type that is not read only the name is kept, and as many numbers as there are bytes. */
function retyped(storage: TorchStorage, name: string): TorchStorage | ForeignStorage {
  if (isDType(name)) return { ...storage, dtype: name, count: Math.floor(storage.count / itemSize(name as DType)) };
  return {
    kind: "foreignStorage",
    dtype: name,
    itemBytes: 1,
    key: storage.key,
    count: storage.count,
    offset: storage.offset,
  };
}

/** `_rebuild_parameter(tensor, requires_grad, hooks)` and `_with_state(…, state)`: the tensor. */
export function rebuildParameter(
  args: readonly PickleValue[],
  count: 3 | 4,
  offset: number,
): TorchTensor | ForeignTensor {
  const [tensor, requiresGrad, hooks] = args;
  const isTensor = isKind(tensor, "tensor") || isKind(tensor, "foreign");
  if (
    args.length !== count ||
    !isTensor ||
    typeof requiresGrad !== "boolean" ||
    !isKind(hooks, "dict") ||
    hooks.entries.size > 0
  )
    throw new PickleFault(
      "pickle-arguments",
      `invalid arguments of _rebuild_parameter: expected a tensor, a bool and no hooks, got (${args.slice(0, 8).map(pickleKind).join(", ")})`,
      offset,
    );
  return tensor;
}

function isStorage(value: PickleValue | undefined): value is TorchStorage | ForeignStorage {
  return isKind(value, "storage") || isKind(value, "foreignStorage");
}
