import { DataError, UsageError } from "../core/errors.ts";

/** 2 GiB. Chosen: every distilled set and raw set of the field fits, a laptop survives it. */
export const defaultMaxBytes = 2 ** 31;

/** Tensors of more dimensions are refused (specification of the readers, §2). */
export const maxDimensions = 8;

/**
 * The bytes one read may allocate, shared by everything that takes part in the read.
 *
 * A declared size is charged *before* memory is taken for it. Nothing is ever given back, so the sum is also a bound
 * on work: reading the same entry a million times runs out of budget.
 */
export class Budget {
  readonly limit: number;
  private spent = 0;

  constructor(limit: number = defaultMaxBytes) {
    if (!(limit >= 0)) throw new UsageError(`Budget: invalid limit: expected a number of bytes ≥ 0, got ${limit}`);
    this.limit = limit;
  }

  get left(): number {
    return this.limit - this.spent;
  }

  /**
   * Reserve `bytes` for `what`.
   *
   * @throws DataError if the size is no size, or more than what is left.
   */
  charge(bytes: number, who: string, what: string, offset?: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new DataError(`${who}: invalid size of ${what}: expected a whole number of bytes, got ${bytes}`, offset);
    if (bytes > this.left)
      throw new DataError(
        `${who}: invalid size of ${what}: expected at most ${this.left} of ${this.limit} bytes, got ${bytes}; raise the byte limit if you trust the file`,
        offset,
      );
    this.spent += bytes;
  }
}

/**
 * Multiply a declared shape out.
 *
 * @throws DataError on more than eight dimensions, a dimension that is no whole number ≥ 0, or a product beyond 2⁵³.
 */
export function elementCount(shape: readonly number[], who: string, what: string, offset?: number): number {
  if (shape.length > maxDimensions)
    throw new DataError(
      `${who}: invalid shape of ${what}: expected at most ${maxDimensions} dimensions, got ${shape.length}`,
      offset,
    );
  let count = 1;
  let magnitude = 1; // product of the non-zero dimensions: a zero must not hide an absurd one
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new DataError(`${who}: invalid shape of ${what}: expected whole numbers ≥ 0, got ${size}`, offset);
    count *= size;
    magnitude *= Math.max(size, 1);
    if (magnitude > Number.MAX_SAFE_INTEGER)
      throw new DataError(`${who}: invalid shape of ${what}: expected fewer than 2^53 numbers`, offset);
  }
  return count;
}
