import { crc32 } from "../../src/formats/zip/crc32.ts";
import { cat, u32, u64 } from "../formats/hostile/bytes.ts";

/** Put the checksums of a PNG's chunks right. */
export function repairPng(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  for (let at = 8; at + 12 <= out.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > out.length) break;
    view.setUint32(at + 8 + length, crc32(out.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
  return out;
}

/** Put the checksums of a tar's headers right. */
export function repairTar(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let at = 0; at + 512 <= out.length; at += 512) {
    const isHeader = String.fromCharCode(...out.subarray(at + 257, at + 262)) === "ustar";
    if (!isHeader) continue;
    out.fill(32, at + 148, at + 156);
    const sum = out.subarray(at, at + 512).reduce((a, b) => a + b, 0);
    out.set(cat(sum.toString(8).padStart(6, "0"), 0), at + 148);
  }
  return out;
}

/** Put the length before a safetensors header right. */
export function safetensorsFile(header: Uint8Array, data: Uint8Array): Uint8Array {
  return cat(u64(header.length), header, data);
}

/** A footer of a Parquet file and what stands before it. */
export function splitParquet(bytes: Uint8Array): { body: Uint8Array; footer: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes.length - 8 - view.getUint32(bytes.length - 8, true);
  return { body: bytes.slice(0, start), footer: bytes.slice(start, -8) };
}

/** Put the length after a Parquet footer right. */
export function parquetFile(body: Uint8Array, footer: Uint8Array): Uint8Array {
  return cat(body, footer, u32(footer.length), "PAR1");
}

/** A tar of files, in the ustar form. */
export function tarOf(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries = [...files].map(([name, content]) => {
    const head = new Uint8Array(512);
    head.set(cat(name), 0);
    head.set(cat("0000644\0", "0000000\0", "0000000\0", content.length.toString(8).padStart(11, "0"), 0), 100);
    head.set(cat("00000000000\0"), 136);
    head[156] = 0x30;
    head.set(cat("ustar\0", "00"), 257);
    return cat(head, content, new Uint8Array(-content.length & 511));
  });
  return repairTar(cat(...entries, new Uint8Array(1024)));
}
