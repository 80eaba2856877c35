import type { Finding, SourceFile } from "../Format.ts";
import { type Budget, elementCount } from "../limits.ts";
import { PickleFault } from "../pickle/PickleFault.ts";
import type { PickleScan } from "../pickle/scan.ts";
import { isKind, type PickleValue, type TorchStorage, type TorchTensor } from "../pickle/values.ts";
import { Refusal, withoutOffset } from "../Refusal.ts";
import {
  type DType,
  describe,
  gather,
  itemSize,
  rowMajorStrides,
  type StoredTensor,
  type TensorData,
} from "../tensor.ts";

/** A file that describes values, some of which are tensors whose numbers lie elsewhere in it. */
export interface ValueFile {
  /** Bytes of the file; what a reader does is bounded by a multiple of it. */
  readonly size: number;
  readonly root: PickleValue;
  readonly globals: readonly string[];
  readonly findings: readonly Finding[];
  /** Fetch the numbers of a tensor or array. */
  tensor(value: TensorValue): Promise<StoredTensor>;
}

export type TensorValue = Extract<PickleValue, { kind: "tensor" | "array" }>;

/** Is this a tensor or array that can be read? */
export function isTensorValue(value: PickleValue | undefined): value is TensorValue {
  return isKind(value, "tensor") || (isKind(value, "array") && value.tensor !== undefined);
}

/** Shape and element type, known before the numbers are fetched. */
export function signature(value: TensorValue): { readonly shape: readonly number[]; readonly dtype: DType } {
  if (value.kind === "tensor") return { shape: value.shape, dtype: value.storage.dtype };
  return value.tensor ?? { shape: [0], dtype: "uint8" };
}

/**
 * Row-major numbers of a strided tensor. A tensor that is its whole storage is not copied.
 *
 * @throws DataError if the copy is larger than the budget, which a stride of 0 can bring about from four bytes.
 */
export function tensorOfStorage(value: TorchTensor, numbers: TensorData, budget: Budget): StoredTensor {
  const { storage, start, shape, strides } = value;
  const count = elementCount(shape, "torch", "tensor", storage.offset);
  const rowMajor = rowMajorStrides(shape);
  const contiguous = count === 0 || shape.every((size, d) => size === 1 || strides[d] === rowMajor[d]);
  if (contiguous && start === 0 && count === numbers.length) return { dtype: storage.dtype, shape, data: numbers };
  budget.charge(count * itemSize(storage.dtype), "torch", describe(storage.dtype, shape), storage.offset);
  const data = contiguous ? numbers.slice(start, start + count) : gather(numbers, start, shape, strides);
  return { dtype: storage.dtype, shape, data };
}

/** Fetch each storage once. */
export function storageCache(fetch: (storage: TorchStorage) => Promise<TensorData>) {
  const cache = new Map<string, Promise<TensorData>>();
  return (storage: TorchStorage): Promise<TensorData> => {
    const key = `${storage.dtype} ${storage.key}`;
    const known = cache.get(key) ?? fetch(storage);
    cache.set(key, known);
    return known;
  };
}

/** The refusal that a scan asks for, if it does. */
export function refusalOf(format: string, file: SourceFile, scan: PickleScan): Refusal | undefined {
  if (scan.findings.length === 0) return undefined;
  const [first] = scan.findings;
  const { severity } = first;
  const more = severity === "unsafe" ? 0 : scan.findings.filter((finding) => finding.severity === severity).length - 1;
  const kind = severity === "unknown" ? "unknown content in" : `${severity} file`;
  const message = `${format}: ${kind} ${file.path}: ${first.message}${more > 0 ? ` (and ${more} more)` : ""}`;
  const findings = scan.findings.map((finding) => ({ ...finding, file: file.path }));
  return new Refusal(message, first.offset, { format, findings, globals: scan.globals });
}

/** Turn a fault of the machine into a refusal that still lists what the scan saw. Other errors pass through. */
export function refuseFault(format: string, file: SourceFile, scan: PickleScan, error: unknown): unknown {
  if (!(error instanceof PickleFault)) return error;
  const { rule, offset } = error;
  const message = withoutOffset(error);
  const finding: Finding = { severity: "unsafe", rule, message, file: file.path, offset };
  return new Refusal(`${format}: unsafe file ${file.path}: ${message}`, offset, {
    format,
    findings: [finding, ...scan.findings],
    globals: scan.globals,
  });
}
