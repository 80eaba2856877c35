import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import type { SourceFile } from "../Format.ts";
import type { Budget } from "../limits.ts";

/** One record of the central directory, as it stands there: nothing of it has been checked against the file. */
export interface DirectoryRecord {
  /** With "/" between its parts and without "./" before them, whatever stands in the file. */
  readonly name: string;
  /** Were there backslashes, as programs of Windows once wrote? */
  readonly backslashes: boolean;
  /** Did it begin with "./"? */
  readonly dotted: boolean;
  readonly rawName: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly localOffset: number;
  readonly externalAttributes: number;
  /** Position of the record in the file. */
  readonly offset: number;
}

export interface Directory {
  readonly records: readonly DirectoryRecord[];
  /** Where the directory begins: what lies before belongs to entries. */
  readonly start: number;
  /** Of the archive, empty for none. */
  readonly comment: string;
}

const endSize = 22;
const full32 = 0xffffffff;

/**
 * Read a zip's central directory: end record first, 64-bit form where the file has one (APPNOTE 6.3, §4.3).
 *
 * @throws DataError if the end record with its comment is not the very end of the file, the archive is split, or the directory's
 * declared place and size do not meet the end record exactly.
 */
export async function readDirectory(file: SourceFile, budget: Budget, who: string): Promise<Directory> {
  const end = await readEnd(file, who);
  const { count, size, start, endsAt, comment } = end;
  if (start + size !== endsAt)
    throw new DataError(
      `${who}: invalid central directory: expected to end at ${endsAt}, got ${start} + ${size}; bytes before, between or after belong to nobody`,
      endsAt,
    );
  if (count * 46 > size)
    throw new DataError(`${who}: invalid entry count: expected at most ${Math.floor(size / 46)}, got ${count}`, endsAt);
  budget.charge(size, who, "central directory", start);
  budget.charge(count * 256, who, "entry table", start);
  const cursor = new Cursor(await file.read(start, size), who, start);
  const records: DirectoryRecord[] = [];
  for (let i = 0; i < count; i++) records.push(readRecord(cursor, who));
  if (cursor.left !== 0)
    throw new DataError(`${who}: invalid central directory: expected ${count} entries, got more bytes`, cursor.offset);
  return { records, start, comment };
}

/** The end record (and its 64-bit form): where the directory lies by its own account, and where it has to end. */
async function readEnd(file: SourceFile, who: string) {
  if (file.size < endSize) throw new DataError(`${who}: invalid zip: expected ${endSize} bytes, got ${file.size}`, 0);
  const { at, comment } = await findEnd(file, who);
  const cursor = new Cursor(await file.read(at, endSize), who, at);
  cursor.u32("end record");
  const disks = cursor.u16("disk number") | cursor.u16("directory disk");
  const countHere = cursor.u16("entry count");
  let count = cursor.u16("entry count");
  let size = cursor.u32("directory size");
  let start = cursor.u32("directory offset");
  if (disks !== 0 && disks !== 0xffff)
    throw new DataError(`${who}: invalid disk number: expected a zip in one piece, got a split one`, at + 4);
  if (countHere !== count)
    throw new DataError(`${who}: invalid entry count: expected one number, got ${countHere} and ${count}`, at + 8);
  let endsAt = at;
  const locatorAt = at - 20;
  if (locatorAt >= 0) {
    const locator = new Cursor(await file.read(locatorAt, 20), who, locatorAt);
    if (locator.u32("locator") === 0x07064b50) {
      if (locator.u32("disk") !== 0) throw new DataError(`${who}: invalid disk number: expected 0`, locatorAt + 4);
      endsAt = locator.u64("64-bit end record");
      if (locator.u32("disk count") > 1) throw new DataError(`${who}: invalid disk count: expected 1`, locatorAt + 16);
      if (endsAt + 56 !== locatorAt)
        throw new DataError(
          `${who}: invalid 64-bit end record: expected at ${locatorAt - 56}, got ${endsAt}`,
          locatorAt,
        );
      const wide = new Cursor(await file.read(endsAt, 56), who, endsAt);
      if (wide.u32("64-bit end record") !== 0x06064b50 || wide.u64("its size") !== 44)
        throw new DataError(`${who}: invalid 64-bit end record: expected signature and size 44`, endsAt);
      wide.take(4, "versions");
      if (wide.u32("disk") !== 0 || wide.u32("disk") !== 0)
        throw new DataError(`${who}: invalid disk number: expected 0`, endsAt + 16);
      const wideCount = wide.u64("entry count");
      if (wide.u64("entry count") !== wideCount)
        throw new DataError(`${who}: invalid entry count: expected one number, got two`, endsAt + 24);
      count = agree(count, 0xffff, wideCount, who, "entry count", endsAt);
      size = agree(size, full32, wide.u64("directory size"), who, "directory size", endsAt);
      start = agree(start, full32, wide.u64("directory offset"), who, "directory offset", endsAt);
    }
  }
  return { count, size, start, endsAt, comment };
}

/** The 64-bit number, if the narrow field either repeats it or says "look there". */
function agree(narrow: number, lookAway: number, wide: number, who: string, what: string, offset: number): number {
  if (narrow !== lookAway && narrow !== wide)
    throw new DataError(`${who}: invalid ${what}: expected one number, got ${narrow} and ${wide}`, offset);
  return wide;
}

/**
 * Find the end record: at the very end, or before a comment that reaches exactly to the end. A comment in which another record could
 * be found is refused: readers would disagree about which archive this is.
 */
async function findEnd(file: SourceFile, who: string): Promise<{ at: number; comment: string }> {
  const length = Math.min(file.size, 65_535 + endSize);
  const tail = await file.read(file.size - length, length);
  const isSignature = (i: number, a: number, b: number) =>
    tail[i] === 0x50 && tail[i + 1] === 0x4b && tail[i + 2] === a && tail[i + 3] === b;
  const found: number[] = [];
  for (let i = length - 4; i >= 0; i--) if (isSignature(i, 5, 6)) found.push(i);
  const [last] = found;
  const base = file.size - length;
  if (last === undefined || last > length - endSize)
    throw new DataError(`${who}: invalid zip: expected an end record, got none (cut short?)`, file.size);
  const declared = tail[last + 20] | (tail[last + 21] << 8);
  const behind = length - endSize - last;
  if (declared !== behind)
    throw new DataError(
      `${who}: invalid zip: expected the end record and a comment of ${declared} bytes at the end, got ${behind} more bytes after it (a false comment or appended data)`,
      base + last,
    );
  const comment = tail.subarray(last + endSize);
  for (let i = last + endSize; i < length - 3; i++)
    if (
      [
        [1, 2],
        [3, 4],
        [6, 6],
        [6, 7],
      ].some(([a, b]) => isSignature(i, a, b))
    )
      throw new DataError(`${who}: invalid comment: expected a text, got records of another archive`, base + i);
  return { at: base + last, comment: decodeName(comment) };
}

function readRecord(cursor: Cursor, who: string): DirectoryRecord {
  const offset = cursor.offset;
  if (cursor.u32("directory record") !== 0x02014b50)
    throw new DataError(`${who}: invalid directory record: expected its signature`, offset);
  cursor.u16("version made by");
  cursor.u16("version needed");
  const flags = cursor.u16("flags");
  const method = cursor.u16("method");
  cursor.u32("time");
  const crc = cursor.u32("checksum");
  let packedSize = cursor.u32("packed size");
  let size = cursor.u32("size");
  const nameLength = cursor.u16("name length");
  const extraLength = cursor.u16("extra length");
  const commentLength = cursor.u16("comment length");
  const disk = cursor.u16("disk");
  cursor.u16("internal attributes");
  const externalAttributes = cursor.u32("external attributes");
  let localOffset = cursor.u32("local header offset");
  if (disk !== 0 && disk !== 0xffff)
    throw new DataError(`${who}: invalid disk number: expected a zip in one piece, got disk ${disk}`, offset + 34);
  const rawName = cursor.take(nameLength, "name");
  const extra = new Cursor(cursor.take(extraLength, "extra fields"), who, cursor.offset - extraLength);
  cursor.take(commentLength, "comment");
  const wide = zip64Field(extra, who);
  if (size === full32 && wide) size = wide.u64("64-bit size");
  if (packedSize === full32 && wide) packedSize = wide.u64("64-bit packed size");
  if (localOffset === full32 && wide) localOffset = wide.u64("64-bit local offset");
  const written = decodeName(rawName);
  const backslashes = written.includes("\\");
  const slashed = written.replaceAll("\\", "/");
  const name = slashed === "./" ? slashed : slashed.replace(/^(?:\.\/)+/, "");
  return {
    ...{
      name,
      backslashes,
      dotted: name !== slashed,
      rawName,
      flags,
      method,
      crc,
      packedSize,
      size,
      localOffset,
      externalAttributes,
      offset,
    },
  };
}

/** The zip64 extra field (id 1), if there is one. Extra fields that do not parse are ignored, as padding is. */
export function zip64Field(extra: Cursor, who: string): Cursor | undefined {
  while (extra.left >= 4) {
    const id = extra.u16("extra id");
    const length = extra.u16("extra length");
    if (length > extra.left) return undefined;
    const start = extra.offset;
    const bytes = extra.take(length, "extra field");
    if (id === 1) return new Cursor(bytes, who, start);
  }
  return undefined;
}

function decodeName(raw: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return Array.from(raw, (byte) => String.fromCharCode(byte)).join("");
  }
}
