/** Join texts (Latin-1), numbers (one byte each) and byte arrays. */
export function cat(...parts: readonly (string | number | ArrayLike<number>)[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.map((part) =>
    typeof part === "number"
      ? [part]
      : typeof part === "string"
        ? Array.from(part, (char) => char.charCodeAt(0))
        : part,
  );
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Little-endian numbers of 2, 4 and 8 bytes. */
export function u16(value: number): number[] {
  return [value & 255, (value >> 8) & 255];
}

export function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16((value >>> 16) & 0xffff)];
}

export function u64(value: number | bigint): number[] {
  const big = BigInt.asUintN(64, BigInt(value));
  return [...u32(Number(big & 0xffffffffn)), ...u32(Number(big >> 32n))];
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
