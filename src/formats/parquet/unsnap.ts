import { DataError } from "../../core/errors.ts";

/**
 * Unpack raw Snappy data (google/snappy, format_description.txt) to exactly `size` bytes.
 *
 * Differs: the Parquet library's own function trusts lengths of 32 bits; negative ones send it in circles. Here each
 * element has to fit into what is left, so the work is linear in the declared size.
 *
 * @throws DataError if an element leads out of either side, or the result has another size.
 */
export function unsnap(packed: Uint8Array, size: number, who: string, offset?: number): Uint8Array<ArrayBuffer> {
  const fail = (what: string): never => {
    throw new DataError(`${who}: invalid snappy data: ${what}`, offset);
  };
  let at = 0;
  const byte = (): number => (at < packed.length ? packed[at++] : fail("cut short"));
  const little = (bytes: number): number => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += byte() * 2 ** (8 * i);
    return value;
  };
  let declared = 0;
  for (let shift = 0; ; shift += 7) {
    const part = byte();
    declared += (part & 127) * 2 ** shift;
    if (part < 128) break;
    if (shift >= 28) fail("expected a length of at most 32 bits");
  }
  if (declared !== size) fail(`expected ${size} bytes, got ${declared}`);
  const out = new Uint8Array(size);
  let filled = 0;
  while (at < packed.length) {
    const tag = byte();
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const length = (short < 60 ? short : little(short - 59)) + 1;
      if (length > packed.length - at || length > size - filled) fail("a literal is too long");
      out.set(packed.subarray(at, at + length), filled);
      at += length;
      filled += length;
    } else {
      const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const back = kind === 1 ? (tag >> 5) * 256 + byte() : little(kind === 2 ? 2 : 4);
      if (back === 0 || back > filled || length > size - filled) fail("a copy leads out of the data");
      for (let i = 0; i < length; i++, filled++) out[filled] = out[filled - back];
    }
  }
  if (filled !== size) fail(`expected ${size} bytes, got ${filled}`);
  return out;
}
