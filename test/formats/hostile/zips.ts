import { crc32 } from "../../../src/formats/zip/crc32.ts";
import { cat, u16, u32 } from "./bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Fields of one header; the local and the central one can be made to differ. */
export interface HeaderFields {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly extra: Bytes;
}

export interface EntryOptions {
  readonly name: string;
  readonly content: Bytes;
  /** What stands in the file, where it is not the content as it is. */
  readonly packed?: Bytes;
  readonly both?: Partial<HeaderFields>;
  readonly local?: Partial<HeaderFields>;
  readonly central?: Partial<HeaderFields> & {
    readonly offset?: number;
    readonly attributes?: number;
    readonly disk?: number;
  };
  /** Bytes after the data, such as a descriptor. */
  readonly after?: Bytes;
}

export interface ZipOptions {
  readonly before?: Bytes;
  readonly between?: Bytes;
  readonly comment?: string;
  readonly after?: Bytes;
  readonly count?: number;
  readonly diskCount?: number;
  readonly disk?: number;
  readonly directoryOffset?: number;
  readonly directorySize?: number;
}

/** Write a zip in which every field can lie. */
export function zip(entries: readonly EntryOptions[], options: ZipOptions = {}): Bytes {
  const parts: Bytes[] = [options.before ?? cat()];
  const central: Bytes[] = [];
  let at = parts[0].length;
  for (const entry of entries) {
    const packed = entry.packed ?? entry.content;
    const honest: HeaderFields = {
      name: entry.name,
      flags: 0,
      method: entry.packed ? 8 : 0,
      crc: crc32(entry.content),
      packedSize: packed.length,
      size: entry.content.length,
      extra: cat(),
      ...entry.both,
    };
    const local = { ...honest, ...entry.local };
    const far = { offset: at, attributes: 0, disk: 0, ...honest, ...entry.central };
    const whole = cat("PK\x03\x04", fields(local), local.name, local.extra, packed, entry.after ?? cat());
    parts.push(whole);
    at += whole.length;
    central.push(
      cat(
        "PK\x01\x02",
        u16(0x0314),
        fields(far),
        u16(0),
        u16(far.disk),
        u16(0),
        u32(far.attributes),
        u32(far.offset),
        far.name,
        far.extra,
      ),
    );
  }
  const between = options.between ?? cat();
  const directory = cat(...central);
  const end = cat(
    "PK\x05\x06",
    u16(options.disk ?? 0),
    u16(0),
    u16(options.diskCount ?? options.count ?? entries.length),
    u16(options.count ?? entries.length),
    u32(options.directorySize ?? directory.length),
    u32(options.directoryOffset ?? at + between.length),
    u16(options.comment?.length ?? 0),
    options.comment ?? "",
  );
  return cat(...parts, between, directory, end, options.after ?? cat());
}

function fields({ name, flags, method, crc, packedSize, size, extra }: HeaderFields): Bytes {
  return cat(
    u16(20),
    u16(flags),
    u16(method),
    u32(0),
    u32(crc),
    u32(packedSize),
    u32(size),
    u16(name.length),
    u16(extra.length),
  );
}

/** Six float32 numbers. */
export const sixNumbers = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);

/** A `.pt` file around a pickle, with storage "0" of six numbers and whatever else is given. */
export function torchEntries(pickle: Bytes, folder = "archive/"): EntryOptions[] {
  return [
    { name: `${folder}data.pkl`, content: pickle },
    { name: `${folder}data/0`, content: sixNumbers },
    { name: `${folder}version`, content: cat("3\n") },
  ];
}

export function torchFile(pickle: Bytes, options: ZipOptions = {}): Bytes {
  return zip(torchEntries(pickle), options);
}
