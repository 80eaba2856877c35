import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import type { Finding, SourceFile } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { crc32 } from "./crc32.ts";
import { type DirectoryRecord, readDirectory, zip64Field } from "./directory.ts";
import { inflateExactly } from "./inflate.ts";

/** One file in an archive whose headers have been checked. Folders are not listed. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes after inflating. */
  readonly size: number;
  readonly packedSize: number;
  readonly method: 0 | 8;
  readonly crc: number;
  /** Where its bytes begin in the file. */
  readonly dataOffset: number;
}

export interface ZipArchive {
  /** Sorted by name. */
  readonly entries: readonly ZipEntry[];
  /** What was noticed about the archive and does no harm: a comment, backslashes for slashes, "./" before names. */
  readonly findings: readonly Finding[];
  get(name: string): ZipEntry | undefined;
  /**
   * Read one entry whole: sizes charged first, inflated to exactly the declared size, checksum compared unless `unchecked`.
   */
  read(entry: ZipEntry, unchecked?: "unchecked"): Promise<Uint8Array<ArrayBuffer>>;
}

/** Chosen by the specification (§2): real picture and tensor archives stay below 20. */
export const maxRatio = 100;

/**
 * Open a zip archive of which nothing is trusted.
 *
 * Checks of the specification (§2), in this order: end record at the end; directory in place; no entry encrypted, linked, with an
 * absolute or ".." name, twice, of another method than 0 and 8, or inflating more than 100 times; local headers agree
 * with the directory; entries lie one after the other from byte 0 to the directory without overlap or gap.
 *
 * @throws DataError naming the broken rule.
 */
export async function openZip(file: SourceFile, budget: Budget, who: string): Promise<ZipArchive> {
  const { records, start, comment } = await readDirectory(file, budget, who);
  const names = new Set<string>();
  for (const record of records) {
    checkRecord(record, who);
    const key = record.name.normalize("NFC");
    if (names.has(key))
      throw new DataError(
        `${who}: invalid entry name: expected each once, got ${show(record.name)} twice`,
        record.offset,
      );
    names.add(key);
  }
  const window = new Window(file);
  const entries: ZipEntry[] = [];
  let expected = 0;
  for (const record of [...records].sort((a, b) => a.localOffset - b.localOffset)) {
    if (record.localOffset !== expected)
      throw new DataError(
        `${who}: invalid place of ${show(record.name)}: expected at ${expected}, got ${record.localOffset}; ` +
          (record.localOffset < expected ? "entries overlap" : "bytes before it belong to no entry"),
        record.offset,
      );
    const { entry, end } = await readLocal(window, record, start, who);
    expected = end;
    if (!entry.name.endsWith("/")) entries.push(entry);
    else if (entry.size !== 0)
      throw new DataError(`${who}: invalid folder ${show(entry.name)}: expected no content`, record.offset);
  }
  if (expected !== start)
    throw new DataError(
      `${who}: invalid archive: expected the directory at ${expected}, got ${start}; the bytes between belong to no entry`,
      expected,
    );
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    entries,
    findings: noticed(file, records, comment),
    get: (name) => byName.get(name),
    read: (entry, unchecked) => readEntry(file, entry, budget, who, unchecked === undefined),
  };
}

/** A comment, and names that were written with backslashes, as some programs of Windows do, or with "./" before them. */
function noticed(file: SourceFile, records: readonly DirectoryRecord[], comment: string): Finding[] {
  const findings: Finding[] = [];
  const note = (rule: string, message: string) => findings.push({ severity: "note", rule, message, file: file.path });
  if (comment !== "") note("zip-comment", `The archive carries a comment: ${show(comment)}.`);
  const turned = records.filter(({ backslashes }) => backslashes);
  if (turned.length > 0)
    note("zip-backslashes", `${turned.length} names are written with backslashes, which were taken for slashes.`);
  const dotted = records.filter((record) => record.dotted);
  if (dotted.length > 0) note("zip-dotted-names", `${dotted.length} names begin with "./", which was left out.`);
  return findings;
}

async function readEntry(file: SourceFile, entry: ZipEntry, budget: Budget, who: string, check: boolean) {
  const { name, size, packedSize, dataOffset } = entry;
  budget.charge(size, who, name, dataOffset);
  if (entry.method === 8) budget.charge(packedSize, who, name, dataOffset);
  const packed = await file.read(dataOffset, packedSize);
  const bytes = entry.method === 0 ? packed : inflateExactly(packed, size, who, name, dataOffset);
  if (!check) return bytes;
  const crc = crc32(bytes);
  if (crc !== entry.crc)
    throw new DataError(
      `${who}: invalid content of ${show(name)}: expected checksum ${entry.crc}, got ${crc}`,
      dataOffset,
    );
  return bytes;
}

/** Numbers of methods that programs in use write (APPNOTE 6.3, §4.4.5). */
const methods: Readonly<Record<number, string>> = {
  ...{ 9: "9 (Deflate64)", 12: "12 (bzip2)", 14: "14 (LZMA)", 93: "93 (Zstandard)", 95: "95 (xz)", 98: "98 (PPMd)" },
};

/** @throws NotRecognised for what is packed or encrypted otherwise, a DataError; DataError for a broken rule. */
function checkRecord(record: DirectoryRecord, who: string): void {
  const { name, flags, method, size, packedSize, offset } = record;
  const refuse = (what: string, expected: string, got: string): never => {
    throw new DataError(`${who}: invalid ${what} of ${show(name)}: expected ${expected}, got ${got}`, offset);
  };
  // Archives as other people make them: nothing is wrong with them, but what they hold cannot be looked into here.
  const foreign = (what: string, expected: string, got: string): never => {
    throw new NotRecognised(
      `${who}: unknown ${what} of ${show(name)}: expected ${expected}, got ${got}; unpack it and pack it again with \`zip -r\``,
      offset,
    );
  };
  if (flags & 0x2041) foreign("flags", "no encryption", `flags 0x${flags.toString(16)}`);
  if (flags & 0x20) refuse("flags", "no patch data", `flags 0x${flags.toString(16)}`);
  if (method !== 0 && method !== 8) foreign("method", "0 (stored) or 8 (deflated)", methods[method] ?? `${method}`);
  if (method === 0 && size !== packedSize) refuse("size", `${packedSize} stored bytes`, `${size}`);
  if (size > maxRatio * packedSize)
    refuse("ratio", `at most ${maxRatio} times the packed ${packedSize} bytes`, `${size}`);
  const bad = name === "./" ? undefined : badName(name);
  if (bad) refuse("name", "a relative path", bad);
  // Unix file kinds, 0 where another system made the entry.
  const kind = (record.externalAttributes >>> 28) & 15;
  if (kind !== 0 && kind !== 8 && kind !== 4)
    refuse("kind", "a file or a folder", kind === 10 ? "a symbolic link" : `kind ${kind}`);
}

/** What is wrong with a path, or undefined. */
export function badName(name: string): string | undefined {
  if (name === "") return "an empty name";
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "an absolute path";
  if (name.includes("\\")) return "a backslash";
  for (let i = 0; i < name.length; i++)
    if (name.charCodeAt(i) < 32 || name.charCodeAt(i) === 127) return "a control character";
  const parts = name.endsWith("/") ? name.slice(0, -1).split("/") : name.split("/");
  if (parts.includes("..")) return '".."';
  if (parts.includes(".") || parts.includes("")) return 'an empty or "." part';
  return undefined;
}

/** Check a local header against its directory record; find where the data lies and where the entry ends. */
async function readLocal(window: Window, record: DirectoryRecord, limit: number, who: string) {
  const { name, rawName, localOffset } = record;
  const wrong = (what: string, offset: number, detail = "as in the central directory"): never => {
    throw new DataError(`${who}: invalid local header of ${show(name)}: expected ${what} ${detail}`, offset);
  };
  if (localOffset + 30 + rawName.length > limit) wrong("room for it", localOffset, "before the directory");
  const header = new Cursor(await window.read(localOffset, 30), who, localOffset);
  if (header.u32("signature") !== 0x04034b50) wrong("signature", localOffset, "PK\\3\\4");
  header.u16("version");
  const flags = header.u16("flags");
  if (flags !== record.flags) wrong("flags", localOffset + 6);
  if (header.u16("method") !== record.method) wrong("method", localOffset + 8);
  header.u32("time");
  const crc = header.u32("checksum");
  let packedSize = header.u32("packed size");
  let size = header.u32("size");
  const nameLength = header.u16("name length");
  const extraLength = header.u16("extra length");
  const dataOffset = localOffset + 30 + nameLength + extraLength;
  if (dataOffset + record.packedSize > limit) wrong("data", localOffset + 18, "that ends before the directory");
  const rest = await window.read(localOffset + 30, nameLength + extraLength);
  if (nameLength !== rawName.length || rawName.some((byte, i) => byte !== rest[i])) wrong("name", localOffset + 26);
  const wide = zip64Field(new Cursor(rest, who, localOffset + 30, nameLength), who);
  if (size === 0xffffffff && wide) size = wide.u64("64-bit size");
  if (packedSize === 0xffffffff && wide) packedSize = wide.u64("64-bit packed size");
  const sizesAgree = crc === record.crc && size === record.size && packedSize === record.packedSize;
  const streamed = (flags & 8) !== 0;
  // With bit 3 each number may be left to a descriptor behind the data; it is then zero here. Info-ZIP leaves two of the three.
  const left = (here: number, there: number) => here === 0 || here === there;
  const sizesLeft = streamed && left(crc, record.crc) && left(size, record.size) && left(packedSize, record.packedSize);
  if (!sizesAgree && !sizesLeft) wrong("sizes and checksum", localOffset + 14);
  let end = dataOffset + record.packedSize;
  if (streamed) {
    const length = await descriptorLength(window, record, end, limit);
    if (length === undefined) wrong("a data descriptor", end);
    end += length ?? 0;
  }
  const entry: ZipEntry = {
    name,
    size: record.size,
    packedSize: record.packedSize,
    method: record.method as 0 | 8,
    crc: record.crc,
    dataOffset,
  };
  return { entry, end };
}

/** Length of the descriptor that repeats crc and sizes: with or without signature, 32 or 64 bit. */
async function descriptorLength(window: Window, record: DirectoryRecord, at: number, limit: number) {
  const bytes = await window.read(at, Math.min(24, limit - at));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [length, signed, wide] of [
    [24, true, true],
    [16, true, false],
    [20, false, true],
    [12, false, false],
  ] as const) {
    if (bytes.length < length) continue;
    if (signed && view.getUint32(0, true) !== 0x08074b50) continue;
    const p = signed ? 4 : 0;
    const read = (q: number) => (wide ? Number(view.getBigUint64(q, true)) : view.getUint32(q, true));
    if (view.getUint32(p, true) !== record.crc) continue;
    if (read(p + 4) === record.packedSize && read(p + (wide ? 12 : 8)) === record.size) return length;
  }
  return undefined;
}

/** Reads small pieces in ascending order through one block, so that a hundred thousand headers cost few reads. */
class Window {
  private readonly file: SourceFile;
  private start = 0;
  private block: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(file: SourceFile) {
    this.file = file;
  }

  async read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const end = start + length;
    if (start < this.start || end > this.start + this.block.length) {
      this.block = await this.file.read(start, Math.max(length, Math.min(4096, this.file.size - start)));
      this.start = start;
    }
    return this.block.subarray(start - this.start, end - this.start);
  }
}

function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}…` : name);
}
