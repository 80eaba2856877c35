import { DataError } from "../core/errors.ts";
import type { SourceFile } from "./Format.ts";
import { memoryFile } from "./memorySource.ts";
import { badName } from "./zip/openZip.ts";

const who = "tar";
const BLOCK = 512;
/** Chosen: the largest sets of the field have 1.3 million pictures. */
const maxEntries = 2_000_000;

/** Does this block look like a tar header: of the ustar kind, or of the older one, which has only its checksum? */
export function isTar(head: Uint8Array): boolean {
  if (head.length >= 265 && String.fromCharCode(...head.subarray(257, 262)) === "ustar") return true;
  if (head.length < BLOCK || head[0] === 0 || !/^[0-7 ]{6}[\0 ]/.test(text(head.subarray(148, 155)).padEnd(7, "\0")))
    return false;
  try {
    checkSum(head.subarray(0, BLOCK), 0);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

/**
 * List the files of a tar archive (POSIX ustar and the form before it, GNU and pax long names and sizes). Files share the archive's memory.
 *
 * @throws DataError on links, devices, absolute or ".." names, repeated names, wrong checksums, truncation.
 */
export function listTar(bytes: Uint8Array<ArrayBuffer>): SourceFile[] {
  const files: SourceFile[] = [];
  const seen = new Set<string>();
  let longName: string | undefined;
  let longSize: number | undefined;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const head = bytes.subarray(at, at + BLOCK);
    if (head.every((byte) => byte === 0)) break;
    checkSum(head, at);
    const type = String.fromCharCode(head[156]);
    const isFile = type === "0" || type === "\0" || type === "7";
    const size = isFile && longSize !== undefined ? longSize : sizeOf(head, at);
    const start = at + BLOCK;
    if (size > bytes.length - start)
      throw new DataError(
        `${who}: invalid size: expected at most ${bytes.length - start} bytes, got ${size}`,
        at + 124,
      );
    const content = bytes.subarray(start, start + size);
    if (type === "L") longName = text(content);
    else if (type === "x") {
      const records = paxRecords(content, start);
      longName = records.get("path") ?? longName;
      longSize = records.has("size") ? paxSize(records.get("size") as string, start) : longSize;
    } else if (isFile && !(longName === undefined && ustarName(head).endsWith("/"))) {
      const path = plainPath(longName ?? ustarName(head));
      const trouble = badName(path);
      if (trouble) throw new DataError(`${who}: invalid name: expected a relative path, got ${trouble}`, at);
      if (seen.has(path)) throw new DataError(`${who}: invalid name: expected each once, got ${show(path)} twice`, at);
      if (seen.size >= maxEntries) throw new DataError(`${who}: invalid archive: expected fewer files`, at);
      seen.add(path);
      files.push(memoryFile(path, content));
      [longName, longSize] = [undefined, undefined];
    } else if (isFile || type === "5" || type === "g" || type === "D" || type === "V") {
      // Before ustar a folder was a file whose name ends with a slash. GNU adds a folder's list of names (D) and a label (V).
      [longName, longSize] = [undefined, undefined];
    } else {
      const what = { "1": "a hard link", "2": "a symbolic link" }[type] ?? `entry type ${JSON.stringify(type)}`;
      throw new DataError(`${who}: invalid entry: expected files and folders, got ${what}`, at + 156);
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function checkSum(head: Uint8Array, at: number): void {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += head[i];
  const stored = octal(head, 148, 8, at);
  if (sum !== stored) throw new DataError(`${who}: invalid checksum: expected ${sum}, got ${stored}`, at + 148);
}

function octal(head: Uint8Array, start: number, length: number, at: number): number {
  const digits = text(head.subarray(start, start + length)).trim();
  if (!/^[0-7]+$/.test(digits))
    throw new DataError(`${who}: invalid number: expected octal digits, got ${show(digits)}`, at + start);
  return Number.parseInt(digits, 8);
}

function ustarName(head: Uint8Array): string {
  const prefix = head[262] === 0 ? text(head.subarray(345, 500)) : "";
  const name = text(head.subarray(0, 100));
  return prefix ? `${prefix}/${name}` : name;
}

function plainPath(path: string): string {
  return path.replace(/^(\.\/+)+/, "");
}

/** The size of an entry: octal digits, or the number itself where GNU's tar needs more of them. */
function sizeOf(head: Uint8Array, at: number): number {
  // A label has no size at all.
  if (text(head.subarray(124, 136)).trim() === "") return 0;
  if (head[124] !== 0x80) return octal(head, 124, 12, at);
  const size = head.subarray(125, 136).reduce((sum, byte) => sum * 256 + byte, 0);
  if (Number.isSafeInteger(size)) return size;
  throw new DataError(`${who}: invalid number: expected a size, got ${size}`, at + 124);
}

/** The records of a pax header, each `length key=value` and a line feed; of a key given twice the last one counts. */
function paxRecords(content: Uint8Array, start: number): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length && content[at] !== 0; ) {
    const space = content.indexOf(32, at);
    const digits = space < 0 ? "" : text(content.subarray(at, space));
    const end = at + Number(digits);
    const record = text(content.subarray(space + 1, end - 1));
    const equals = record.indexOf("=");
    if (!/^\d{1,9}$/.test(digits) || end > content.length || content[end - 1] !== 10 || equals < 1)
      throw new DataError(`${who}: invalid pax record: expected "length key=value", got another`, start + at);
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

function paxSize(digits: string, start: number): number {
  if (/^\d{1,15}$/.test(digits)) return Number(digits);
  throw new DataError(`${who}: invalid pax size: expected digits, got ${show(digits)}`, start);
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}…` : name);
}
