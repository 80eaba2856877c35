/**
 * True for two typed arrays of one type with the same bytes. Else undefined: Vitest then compares them element by element, as it
 * would without, which takes a microsecond each.
 */
export function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || a.byteLength !== b.byteLength) return undefined;
  return bytes(a).equals(bytes(b)) || undefined;
}

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
