import { elementCount, maxDimensions } from "../limits.ts";
import { itemSize } from "../tensor.ts";
import { PickleFault } from "./PickleFault.ts";
import { isKind, kindOf, type PickleValue, type TorchTensor } from "./values.ts";

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
): TorchTensor {
  const [storage, start, size, stride, requiresGrad, hooks] = args;
  const fail = (expected: string): never => {
    const got = args.slice(0, 8).map(kindOf).join(", ");
    throw new PickleFault("torch-tensor", `invalid tensor: expected ${expected}, got (${got})`, offset);
  };
  if (args.length !== count || !isKind(storage, "storage")) return fail(`${count} arguments, the first a storage`);
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
