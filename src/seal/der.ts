import { DataError } from "../core/errors.ts";

/** One element of a DER encoding. */
export interface DerElement {
  readonly tag: number;
  /** Content without tag and length. */
  readonly content: Uint8Array;
  /** Bytes of the whole element. */
  readonly length: number;
}

/** Tags that certificates and signatures use. */
export const derTag = { boolean: 1, integer: 2, bitString: 3, octetString: 4, oid: 6, sequence: 48 } as const;

/**
 * Read the element that starts at `offset`.
 *
 * @throws DataError unless tag and length are in the distinguished form: definite, shortest, inside the bytes.
 */
export function readDer(who: string, bytes: Uint8Array, offset = 0): DerElement {
  const fail = (what: string): never => {
    throw new DataError(`${who}: invalid DER: expected ${what}`, offset);
  };
  if (offset + 2 > bytes.length) fail("an element, got the end");
  const tag = bytes[offset];
  if ((tag & 31) === 31) fail("a one-byte tag");
  let length = bytes[offset + 1];
  let head = 2;
  if (length >= 128) {
    const count = length - 128;
    if (count === 0 || count > 4) fail("a definite length");
    if (offset + 2 + count > bytes.length) fail("a length, got the end");
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[offset + 2 + i];
    if (length < 128 || (count > 1 && bytes[offset + 2] === 0)) fail("the shortest form of a length");
    head += count;
  }
  if (offset + head + length > bytes.length) fail(`${length} bytes of content, got fewer`);
  return { tag, content: bytes.subarray(offset + head, offset + head + length), length: head + length };
}

/** Read all elements that fill `bytes`. */
export function readDerAll(who: string, bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const element = readDer(who, bytes, offset);
    elements.push(element);
    offset += element.length;
  }
  return elements;
}

/** Read a sequence that fills `bytes`. */
export function readSequence(who: string, bytes: Uint8Array): DerElement[] {
  const outer = readDer(who, bytes);
  if (outer.tag !== derTag.sequence) throw new DataError(`${who}: invalid DER: expected a sequence`, 0);
  if (outer.length !== bytes.length)
    throw new DataError(`${who}: invalid DER: expected nothing after the sequence`, outer.length);
  return readDerAll(who, outer.content);
}

/** Object identifier as dotted decimals. */
export function readOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 127);
    if (byte < 128) {
      arcs.push(value);
      value = 0;
    }
  }
  const first = arcs.shift() ?? 0;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...arcs].join(".");
}

/**
 * Check that bytes are one ECDSA signature: SEQUENCE { INTEGER r, INTEGER s }, both positive, shortest form, in range.
 *
 * @param size bytes of the curve's order: 32, 48 or 66.
 * @throws DataError with the offset where it stops being one.
 */
export function checkEcdsaSignature(who: string, bytes: Uint8Array, size: number): void {
  const parts = readSequence(who, bytes);
  if (parts.length !== 2) throw new DataError(`${who}: invalid signature: expected 2 integers, got ${parts.length}`);
  for (const { tag, content } of parts) {
    if (tag !== derTag.integer || content.length === 0)
      throw new DataError(`${who}: invalid signature: expected integers`);
    if (content[0] >= 128) throw new DataError(`${who}: invalid signature: expected positive integers`);
    if (content[0] === 0 && (content.length === 1 || content[1] < 128))
      throw new DataError(`${who}: invalid signature: expected integers above zero in their shortest form`);
    if (content.length - (content[0] === 0 ? 1 : 0) > size)
      throw new DataError(`${who}: invalid signature: expected integers of at most ${size} bytes`);
  }
}
