import { DataError } from "../../core/errors.ts";
import type { SourceFile } from "./Format.ts";
import { memoryFile } from "./memorySource.ts";
import { badName } from "./zip/openZip.ts";

const who = "tar";
const BLOCK = 512;
/** Chosen: the largest sets of the field have 1.3 million pictures. */
const maxEntries = 2_000_000;

/** Does this block look like a tar header of the ustar kind? */
export function isTar(head: Uint8Array): boolean {
  return head.length >= 265 && String.fromCharCode(...head.subarray(257, 262)) === "ustar";
}

/**
 * List the files of a tar archive (POSIX ustar, with GNU and pax long names). Files share the archive's memory.
 *
 * @throws DataError on links, devices, absolute or ".." names, repeated names, wrong checksums, truncation.
 */
export function listTar(bytes: Uint8Array<ArrayBuffer>): SourceFile[] {
  const files: SourceFile[] = [];
  const seen = new Set<string>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const head = bytes.subarray(at, at + BLOCK);
    if (head.every((byte) => byte === 0)) break;
    checkSum(head, at);
    const size = octal(head, 124, 12, at);
    const start = at + BLOCK;
    if (size > bytes.length - start)
      throw new DataError(
        `${who}: invalid size: expected at most ${bytes.length - start} bytes, got ${size}`,
        at + 124,
      );
    const content = bytes.subarray(start, start + size);
    const type = String.fromCharCode(head[156]);
    if (type === "L") longName = text(content);
    else if (type === "x") longName = paxPath(content) ?? longName;
    else if (type === "0" || type === "\0") {
      const path = longName ?? ustarName(head);
      const trouble = badName(path);
      if (trouble) throw new DataError(`${who}: invalid name: expected a relative path, got ${trouble}`, at);
      if (seen.has(path)) throw new DataError(`${who}: invalid name: expected each once, got ${show(path)} twice`, at);
      if (seen.size >= maxEntries) throw new DataError(`${who}: invalid archive: expected fewer files`, at);
      seen.add(path);
      files.push(memoryFile(path, content));
      longName = undefined;
    } else if (type === "5" || type === "g") longName = undefined;
    else {
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
  const path = prefix ? `${prefix}/${name}` : name;
  return path.startsWith("./") ? path.slice(2) : path;
}

/** The `path` record of a pax header: lines of "length key=value\n". */
function paxPath(content: Uint8Array): string | undefined {
  const match = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text(content));
  return match?.[1];
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}…` : name);
}
