import { gzipSync } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";
import { writeParquet } from "../../../src/formats/parquet/writeParquet.ts";
import { smallSet } from "../../formats/arbitrarySet.ts";
import { greyPng } from "../../formats/pictureFixtures.ts";
import { parquetFile, splitParquet } from "../repair.ts";
import { inFolder, plain, type Seed, wrapped } from "../Seed.ts";

const pictures = [1, 2, 1, 2].map((value) => ({ bytes: greyPng(4, value), path: null }));
const gzip = (bytes: Uint8Array) => gzipSync(bytes);

const columns = {
  image: { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
  bytes: { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
  path: { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
} as const;
const labelColumn = { name: "label", type: "INT64", repetition_type: "REQUIRED" } as const;
const hub = '{"info":{"features":{"label":{"names":["a","b"],"_type":"ClassLabel"}}}}';

type Element = Parameters<typeof parquetWriteBuffer>[0]["schema"] extends (infer T)[] | undefined ? T : never;

/** A table of pictures with these columns behind them. */
function table(more: readonly (readonly [Element, readonly unknown[]])[], codec: "UNCOMPRESSED" | "SNAPPY" | "GZIP") {
  const file = parquetWriteBuffer({
    schema: [
      { name: "root", num_children: 1 + more.length },
      ...Object.values(columns),
      ...more.map(([element]) => element),
    ],
    columnData: [{ name: "image", data: pictures }, ...more.map(([{ name }, data]) => ({ name, data: [...data] }))],
    codec,
    compressors: { GZIP: gzip },
    kvMetadata: [{ key: "huggingface", value: hub }],
  });
  return new Uint8Array(file);
}

/** Tables as image hubs write them, with the encodings, types and codecs that are read. */
function tables(): Uint8Array[] {
  const label = [labelColumn, [0n, 1n, 0n, 1n]] as const;
  const soft = (name: string) =>
    [{ name, type: "FLOAT", repetition_type: "REQUIRED" } as Element, [0.5, 1, 0.5, 1]] as const;
  return [
    table([label], "UNCOMPRESSED"),
    table([label], "SNAPPY"),
    table([label], "GZIP"),
    table([[{ ...labelColumn, type: "INT32" }, [0, 1, 0, 1]]], "SNAPPY"),
    table([[{ ...labelColumn, type: "DOUBLE", repetition_type: "OPTIONAL" }, [0, 1, 0, 1]]], "UNCOMPRESSED"),
    table([[{ ...labelColumn, type: "BOOLEAN" }, [false, true, false, true]]], "UNCOMPRESSED"),
    table([label, soft("y0"), soft("y1")], "GZIP"),
  ];
}

/** Seeds of Parquet: whole files, footers with their length put right, bodies under an unchanged footer. */
export async function parquetSeeds(): Promise<Seed[]> {
  const unit = { kind: "unit" } as const;
  const values = new Float32Array(8).fill(0.5);
  const own = [
    smallSet({ normalisation: unit, classNames: ["a", "b"] }),
    smallSet({ normalisation: unit, labels: { kind: "soft", values, form: "probabilities" } }),
  ];
  const written = await Promise.all(own.map(async (set) => [...(await writeParquet(set)).files.values()][0]));
  const files = [...tables(), ...written];
  return [
    ...files.flatMap((bytes) => {
      const { body, footer } = splitParquet(bytes);
      return [
        plain(bytes),
        wrapped(footer, (mutated) => parquetFile(body, mutated)),
        wrapped(body, (mutated) => parquetFile(mutated, footer)),
      ];
    }),
    ...inFolder(
      new Map([
        ["data/train-00000.parquet", files[0]],
        ["data/train-00001.parquet", files[0]],
        ["data/test-00000.parquet", files[1]],
      ]),
    ),
  ];
}
