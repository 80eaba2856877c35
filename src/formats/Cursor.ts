import { DataError } from "../core/errors.ts";

/** Reads forward through hostile bytes. Running over the end is a DataError at the place where it happened. */
export class Cursor {
  readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView<ArrayBuffer>;
  private readonly who: string;
  /** Position of `bytes[0]` in the file, for error messages. */
  readonly base: number;
  position: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, who: string, base = 0, position = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.who = who;
    this.base = base;
    this.position = position;
  }

  /** Position in the file. */
  get offset(): number {
    return this.base + this.position;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  private advance(length: number, what: string): number {
    if (!Number.isSafeInteger(length) || length < 0 || length > this.left)
      throw new DataError(
        `${this.who}: invalid ${what}: expected ${length} bytes, got the end after ${this.left}`,
        this.offset,
      );
    const start = this.position;
    this.position += length;
    return start;
  }

  u8(what: string): number {
    return this.bytes[this.advance(1, what)];
  }

  u16(what: string, little = true): number {
    return this.view.getUint16(this.advance(2, what), little);
  }

  u32(what: string, little = true): number {
    return this.view.getUint32(this.advance(4, what), little);
  }

  i32(what: string, little = true): number {
    return this.view.getInt32(this.advance(4, what), little);
  }

  f64(what: string, little = true): number {
    return this.view.getFloat64(this.advance(8, what), little);
  }

  /** An unsigned 64-bit size. @throws DataError beyond 2⁵³. */
  u64(what: string, little = true): number {
    const start = this.advance(8, what);
    const value = this.view.getBigUint64(start, little);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new DataError(
        `${this.who}: invalid ${what}: expected a number below 2^53, got ${value}`,
        this.base + start,
      );
    return Number(value);
  }

  /** The next `length` bytes, not copied. */
  take(length: number, what: string): Uint8Array<ArrayBuffer> {
    const start = this.advance(length, what);
    return this.bytes.subarray(start, start + length);
  }
}
