import { DataError } from "../../core/errors.ts";
import { archiveFiles } from "../archiveSource.ts";
import type { Finding, SourceFile } from "../Format.ts";
import { gunzip } from "../gzip.ts";
import { isJunk } from "../junk.ts";
import { Budget } from "../limits.ts";
import { memoryFile } from "../memorySource.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { readArray } from "../numpy/readArray.ts";
import { scanPickle } from "../pickle/scan.ts";
import { Refusal } from "../Refusal.ts";
import { contentKind } from "./contentKind.ts";
import { inflateZlib } from "./inflateZlib.ts";
import { looksLikePickle } from "./looksLikePickle.ts";
import type { ContentKind } from "./signatures.ts";

const who = "scan";
/** Archives within archives that are opened. Chosen: real ones stop at two. */
const maxDepth = 4;
/** Findings of one kind that are listed one by one. */
const listed = 50;

/** What a look at files that belong to no set told. */
export interface FileScan {
  /** Names in pickles first, then what was not read, file by file. */
  readonly findings: readonly Finding[];
  readonly globals: readonly string[];
}

/**
 * Look into files that no reader takes: find every pickle whatever its name, place, protocol or packing, list the names in it, and say
 * of each file that it was not read. Nothing is executed. Archives, gzip and zlib streams are opened, four deep.
 *
 * @param quiet files that are expected beside a set, such as those of a seal: scanned, not listed.
 */
export async function scanFiles(
  files: readonly SourceFile[],
  maxBytes?: number,
  quiet: (path: string) => boolean = () => false,
): Promise<FileScan> {
  const scan = new Scan(new Budget(maxBytes));
  const unread: Finding[] = [];
  const junk: string[] = [];
  for (const file of files) {
    const kind = await scan.file(file, 0);
    if (quiet(file.path)) continue;
    if (isJunk(file.path)) junk.push(file.path);
    else unread.push(notRead(file, kind));
  }
  return { findings: [...scan.findings, ...shortened(unread), ...leftBehind(junk)], globals: [...scan.globals] };
}

class Scan {
  readonly findings: Finding[] = [];
  readonly globals = new Set<string>();
  private readonly budget: Budget;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  /** Scan one file and whatever it holds. @returns what it is, where its bytes say so. */
  async file(file: SourceFile, depth: number): Promise<ContentKind | undefined> {
    const head = await file.read(0, Math.min(file.size, 512));
    const kind = contentKind(head);
    try {
      if (kind?.holds) {
        if (depth < maxDepth) await this.inside(file, kind.holds, depth + 1);
        else this.closed(file, `lies more than ${maxDepth} archives deep and was not opened`);
        return kind;
      }
      return (await this.pickle(file)) ? { name: "a Python pickle" } : kind;
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (error instanceof NotRecognised) return { name: kind?.name ?? "a file", closed: true };
      this.closed(file, `is ${kind?.name ?? "a file"} that could not be looked into: ${error.message}`);
      return kind;
    }
  }

  private async inside(file: SourceFile, holds: NonNullable<ContentKind["holds"]>, depth: number): Promise<void> {
    const { budget } = this;
    if (holds === "zip" || holds === "tar") {
      const inner = await archiveFiles(file, holds, budget);
      if (holds === "zip") this.program(file, inner);
      for (const entry of inner) await this.file(within(file, entry), depth);
      return;
    }
    const bytes = await this.bytes(file);
    if (holds === "torch-legacy") this.take(file, bytes, { count: 5, tail: true });
    else if (holds === "npy") this.array(file, bytes);
    else {
      const unpack = holds === "gzip" ? gunzip : inflateZlib;
      const content = unpack(bytes, budget.left, who);
      budget.charge(content.length, who, `${file.path}, unpacked`);
      await this.file(memoryFile(file.path, content), depth);
    }
  }

  /** TorchScript: an archive that carries a program, whatever else it holds. */
  private program(file: SourceFile, entries: readonly SourceFile[]): void {
    const paths = entries.map(({ path }) => path.slice(path.indexOf("/") + 1));
    if (paths.includes("data.pkl") && paths.some((path) => path === "constants.pkl" || path.startsWith("code/")))
      this.findings.push({
        severity: "dangerous",
        rule: "torch-script",
        message: `${file.path} is a TorchScript archive: loading it elsewhere would load its program`,
        file: file.path,
      });
  }

  private array(file: SourceFile, bytes: Uint8Array<ArrayBuffer>): void {
    try {
      readArray(bytes, "npy", file.path, this.budget);
    } catch (error) {
      if (!(error instanceof Refusal)) return;
      this.accuse(file, error.findings, error.globals);
    }
  }

  private async pickle(file: SourceFile): Promise<boolean> {
    if (file.size < 2) return false;
    const bytes = await this.bytes(file);
    if (!looksLikePickle(bytes)) return false;
    this.take(file, bytes, { marker: "optional" });
    return true;
  }

  private take(file: SourceFile, bytes: Uint8Array<ArrayBuffer>, options: Parameters<typeof scanPickle>[2]): void {
    const { findings, globals } = scanPickle(bytes, this.budget, options);
    this.accuse(file, findings, globals);
  }

  /** Names count; that a file beside the set breaks the rules of our own reader does not. */
  private accuse(file: SourceFile, findings: readonly Finding[], globals: readonly string[]): void {
    for (const name of globals) this.globals.add(name);
    for (const finding of findings)
      if (finding.severity === "dangerous" || finding.severity === "unknown")
        this.findings.push({ ...finding, message: `${file.path} ${finding.message}`, file: file.path });
  }

  private closed(file: SourceFile, why: string): void {
    this.findings.push({ severity: "unsafe", rule: "not-scanned", message: `${file.path} ${why}`, file: file.path });
  }

  private async bytes(file: SourceFile): Promise<Uint8Array<ArrayBuffer>> {
    this.budget.charge(file.size, who, file.path);
    return file.read();
  }
}

function within(outer: SourceFile, entry: SourceFile): SourceFile {
  return { path: `${outer.path}/${entry.path}`, size: entry.size, read: (start, length) => entry.read(start, length) };
}

function notRead({ path, size }: SourceFile, kind: ContentKind | undefined): Finding {
  const what = kind?.name ?? `${size} ${size === 1 ? "byte" : "bytes"} of no kind that is known here`;
  const inside = kind?.closed ? "; what it holds was not scanned" : "";
  const severity = kind?.plain ? "note" : "warning";
  return { severity, rule: "file-not-read", message: `${path} was not read: ${what}${inside}.`, file: path };
}

/** The first fifty by name, the rest as a number. Warnings go first. */
function shortened(findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort((a, b) => Number(a.severity === "note") - Number(b.severity === "note"));
  const rest = sorted.slice(listed);
  if (rest.length === 0) return sorted;
  const severity = rest.some((finding) => finding.severity === "warning") ? "warning" : "note";
  return [
    ...sorted.slice(0, listed),
    { severity, rule: "file-not-read", message: `${rest.length} more files were not read.` },
  ];
}

function leftBehind(paths: readonly string[]): Finding[] {
  if (paths.length === 0) return [];
  const names = `${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}`;
  const one = "1 file that systems leave behind was not read";
  const left = paths.length === 1 ? one : `${paths.length} files that systems leave behind were not read`;
  return [{ severity: "note", rule: "system-files", message: `${left}: ${names}.` }];
}
