import { DataError } from "../../core/errors.ts";
import type { Finding, ObjectInfo, Opened, Severity, Source } from "../../formats/Format.ts";
import { NotRecognised } from "../../formats/NotRecognised.ts";
import { noSet } from "../../formats/noSet.ts";
import { type OpenOptions, openSet, recognise } from "../../formats/open.ts";
import { Refusal } from "../../formats/Refusal.ts";
import { scanFiles } from "../../formats/scan/scanFiles.ts";
import { type FileVerdict, verdictOf } from "../../formats/verdict.ts";
import { inspectSet, type SetReport } from "./inspectSet.ts";

/** What a file is: the answer of `retort inspect`. */
export interface Inspection {
  readonly name: string;
  /** Registry name of the format; absent where nobody recognised the content. */
  readonly format?: string;
  /** What stands in formats/verdict.ts; its exit status too. */
  readonly verdict: FileVerdict;
  readonly findings: readonly Finding[];
  readonly objects: readonly ObjectInfo[];
  /** Every global that pickles in the file name. */
  readonly globals: readonly string[];
  /** Stored test accuracies per network, as fractions. */
  readonly accuracies: Readonly<Record<string, readonly number[]>>;
  readonly set?: SetReport;
}

const ranks: readonly Severity[] = ["dangerous", "unsafe", "unknown", "warning", "note"];

/**
 * Say what a source is: open it with the safe readers, describe what it holds, list what is odd.
 *
 * Files that break the rules of their format, and those that nobody reads, are an answer too; only a mistake of the caller throws. Every
 * file is either read or scanned, also where the set is refused.
 */
export async function inspect(
  source: Source,
  options: OpenOptions = {},
): Promise<{ inspection: Inspection; set?: Opened["set"] }> {
  let opened: Opened;
  try {
    opened = await openSet(source, options);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const format = options.format ?? (await recognise(source).catch(() => undefined))?.name;
    return { inspection: await refused(source, error, format, options.maxBytes) };
  }
  const described = opened.set ? inspectSet(opened.set, opened.normalisationBy) : undefined;
  const none: Finding = { severity: "note", rule: "no-set", message: `holds no set: ${noSet(opened.objects)}` };
  const rules = new Set(opened.findings.map(({ rule }) => rule));
  const more = described?.findings ?? [none];
  const findings = [...opened.findings, ...more.filter(({ rule }) => !rules.has(rule))];
  const inspection = {
    name: source.name,
    format: opened.format,
    verdict: verdictOf(findings),
    findings: bySeverity(findings),
    objects: opened.objects,
    globals: opened.globals ?? [],
    accuracies: opened.accuracies ?? {},
    ...(described ? { set: described.report } : {}),
  };
  return { inspection, set: opened.set };
}

/** @param recognised what the content looks like, where somebody recognises it. */
async function refused(
  source: Source,
  error: DataError,
  recognised: string | undefined,
  maxBytes: number | undefined,
): Promise<Inspection> {
  const refusal = error instanceof Refusal ? error : undefined;
  const format = refusal?.format ?? recognised;
  const isForeign = error instanceof NotRecognised;
  const said = [...(source.findings ?? []), ...(refusal?.findings ?? [])];
  const reason: Finding = {
    severity: isForeign ? "warning" : "unsafe",
    rule: isForeign ? "not-recognised" : "unreadable",
    message: error.message,
    ...(error.offset === undefined ? {} : { offset: error.offset }),
  };
  const scan = await scanFiles([...source.files, ...(source.others ?? [])], maxBytes, (path) => quiet(source, path));
  const more = scan.findings.filter((finding) => !said.some((other) => repeats(finding, other)));
  const findings = [...(verdictOf(said) === "fine" ? [reason] : []), ...said, ...more];
  const verdict = verdictOf(findings);
  return {
    name: source.name,
    ...(format === undefined ? {} : { format }),
    verdict: verdict === "fine" && isForeign ? "not recognised" : verdict,
    findings: bySeverity(findings),
    objects: refusal?.objects ?? [],
    globals: [...new Set([...(refusal?.globals ?? []), ...scan.globals])],
    accuracies: {},
  };
}

/** The one file that was named, and what belongs to a seal, need no mention that they were not read. */
function quiet(source: Source, path: string): boolean {
  return (source.expected?.(path) ?? false) || (source.files.length === 1 && path === source.files[0].path);
}

/** Did the reader say of the same file what the scan says, which puts the path within archives before it? */
function repeats(scanned: Finding, said: Finding): boolean {
  const [path, file] = [scanned.file ?? "", said.file ?? ""];
  const isSame = path === file || path.startsWith(`${file}/`) || path.endsWith(`/${file}`);
  return isSame && scanned.rule === said.rule && scanned.message.endsWith(said.message);
}

function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity));
}
