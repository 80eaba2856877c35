import { deflateSync, type Zippable, zipSync } from "fflate";
import { maxRatio } from "./openZip.ts";

/**
 * Pack files into a zip. Same files, same bytes: no clock, no file modes, order as given.
 *
 * @param level 0 stores; 6 and 9 deflate, except what would inflate so much that our own reader refuses it.
 */
export function writeZip(files: ReadonlyMap<string, Uint8Array>, level: 0 | 6 | 9 = 0): Uint8Array<ArrayBuffer> {
  const zippable: Zippable = {};
  for (const [name, bytes] of files) {
    const deflate = level > 0 && bytes.length <= maxRatio * deflateSync(bytes, { level }).length;
    zippable[name] = [bytes, { level: deflate ? level : 0, mtime: new Date(1980, 0, 1) }];
  }
  return zipSync(zippable) as Uint8Array<ArrayBuffer>;
}
