import { DataError, UsageError } from "../../core/errors.ts";
import type { Finding, ObjectInfo, Opened, Severity, Source } from "../formats/Format.ts";
import { type OpenOptions, openSet, recognise } from "../formats/open.ts";
import { Refusal } from "../formats/Refusal.ts";
import { inspectSet, type SetReport } from "./inspectSet.ts";

/** What a file is: the answer of `retort inspect`. */
export interface Inspection {
  readonly name: string;
  /** Registry name of the format; absent where nobody recognised the content. */
  readonly format?: string;
  readonly verdict: "fine" | "unsafe" | "dangerous";
  readonly findings: readonly Finding[];
  readonly objects: readonly ObjectInfo[];
  /** Every global that pickles in the file name. */
  readonly globals: readonly string[];
  /** Stored test accuracies per network, as fractions. */
  readonly accuracies: Readonly<Record<string, readonly number[]>>;
  readonly set?: SetReport;
}

const ranks: readonly Severity[] = ["dangerous", "unsafe", "warning", "note"];

/**
 * Say what a source is: open it with the safe readers, describe what it holds, list what is odd.
 *
 * Files that break the rules of their format are an answer too (`unsafe`, or `dangerous` where opening them elsewhere would run
 * code); only a mistake of the caller throws.
 */
export async function inspect(
  source: Source,
  options: OpenOptions = {},
): Promise<{ inspection: Inspection; set?: Opened["set"] }> {
  // A folder that nobody recognises holds several things: which one to look at is for the caller to say.
  if (source.folder && options.format === undefined && !(await recognise(source)))
    throw new UsageError(
      `inspect: unknown content of folder ${source.name}: expected the files of one set, got ${source.files.length} others; name the files that belong together`,
    );
  let opened: Opened;
  try {
    opened = await openSet(source, options);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const format = options.format ?? (await recognise(source).catch(() => undefined))?.name;
    return { inspection: refused(source, error, format) };
  }
  const described = opened.set ? inspectSet(opened.set) : undefined;
  const rules = new Set(opened.findings.map(({ rule }) => rule));
  const findings = [...opened.findings, ...(described?.findings ?? []).filter(({ rule }) => !rules.has(rule))];
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
function refused(source: Source, error: DataError, recognised: string | undefined): Inspection {
  const refusal = error instanceof Refusal ? error : undefined;
  const format = refusal?.format ?? recognised;
  const said = refusal?.findings ?? [];
  const reason: Finding = {
    severity: "unsafe",
    rule: "unreadable",
    message: error.message,
    ...(error.offset === undefined ? {} : { offset: error.offset }),
  };
  const findings = said.some(({ severity }) => severity === "dangerous" || severity === "unsafe")
    ? said
    : [reason, ...said];
  return {
    name: source.name,
    ...(format === undefined ? {} : { format }),
    verdict: verdictOf(findings),
    findings: bySeverity(findings),
    objects: refusal?.objects ?? [],
    globals: refusal?.globals ?? [],
    accuracies: {},
  };
}

function verdictOf(findings: readonly Finding[]): Inspection["verdict"] {
  const has = (wanted: Severity) => findings.some(({ severity }) => severity === wanted);
  return has("dangerous") ? "dangerous" : has("unsafe") ? "unsafe" : "fine";
}

function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity));
}
