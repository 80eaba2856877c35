import { parquetWriteBuffer } from "hyparquet-writer";
import { type DistilledSet, hardClasses } from "../../data/DistilledSet.ts";
import { eightBitLosses, toEightBit } from "../../data/eightBit.ts";
import type { Written } from "../Format.ts";
import { encodePng } from "../pictures/encodePng.ts";
import { asUnit } from "../pictures/writeImageFolder.ts";
import { writeMetadata } from "../safetensors/setMetadata.ts";
import { hubMetadata, ownEntry } from "./hubMetadata.ts";

/**
 * Write a set as a table of pictures: `image: {bytes, path}` (PNG), `label`, and y0 … y(K−1) where labels are soft.
 *
 * @throws UsageError if the set has neither one nor three channels, or its normalisation cannot be undone.
 */
export async function writeParquet(set: DistilledSet): Promise<Written> {
  const [n, channels, height, width] = set.shape;
  const eight = toEightBit(set);
  const size = channels * height * width;
  const images = Array.from({ length: n }, (_, i) => ({
    bytes: encodePng(eight.pixels.subarray(i * size, (i + 1) * size), channels, height, width),
    path: `${String(i).padStart(5, "0")}.png`,
  }));
  const { labels, classes } = set;
  const columns =
    labels.kind === "hard"
      ? []
      : Array.from({ length: classes }, (_, k) => Array.from({ length: n }, (_, i) => labels.values[i * classes + k]));
  const buffer = parquetWriteBuffer({
    schema: [
      { name: "root", num_children: 2 + columns.length },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "label", type: "INT64", repetition_type: "REQUIRED" },
      ...columns.map((_, k) => ({ name: `y${k}`, type: "FLOAT", repetition_type: "REQUIRED" }) as const),
    ],
    columnData: [
      { name: "image", data: images },
      { name: "label", data: Array.from(hardClasses(set), BigInt) },
      ...columns.map((data, k) => ({ name: `y${k}`, data })),
    ],
    kvMetadata: [hubMetadata(set.classNames), { key: ownEntry, value: JSON.stringify(writeMetadata(asUnit(set))) }],
  });
  return {
    files: new Map([[`${set.name || "set"}.parquet`, new Uint8Array(buffer)]]),
    losses: eightBitLosses(set, eight),
  };
}
