/** Eight tables: table k advances a byte that lies k bytes before the end of a group of eight. */
const tables = (() => {
  const all = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    all[0][i] = value;
  }
  for (let k = 1; k < 8; k++)
    for (let i = 0; i < 256; i++) all[k][i] = (all[k - 1][i] >>> 8) ^ all[0][all[k - 1][i] & 255];
  return all;
})();

/**
 * CRC-32 as zip and PNG use it (ISO 3309), eight bytes a step.
 *
 * Differs: the inflate library computes checksums but does not export the function.
 */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = -1;
  let i = 0;
  while (i < bytes.length && (bytes.byteOffset + i) % 4 !== 0) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i++]) & 255];
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, (bytes.length - i) >> 2);
  const paired = words.length - (words.length % 2);
  for (let w = 0; w < paired; w += 2) {
    const a = crc ^ words[w];
    const b = words[w + 1];
    crc =
      t7[a & 255] ^
      t6[(a >>> 8) & 255] ^
      t5[(a >>> 16) & 255] ^
      t4[a >>> 24] ^
      t3[b & 255] ^
      t2[(b >>> 8) & 255] ^
      t1[(b >>> 16) & 255] ^
      t0[b >>> 24];
  }
  for (i += 4 * paired; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
