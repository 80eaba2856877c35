import { DataError } from "../core/errors.ts";
import type { Finding, ObjectInfo } from "./Format.ts";

/** A file that was refused, with everything that was found out about it before the reader stopped. */
export class Refusal extends DataError {
  override name = "Refusal";
  /** Registry name of the format that refused. */
  readonly format: string;
  /** At least one is `dangerous` or `unsafe`. */
  readonly findings: readonly Finding[];
  /** Every global that a pickle in the file names. */
  readonly globals: readonly string[];
  readonly objects: readonly ObjectInfo[];

  constructor(
    message: string,
    offset: number | undefined,
    report: {
      readonly format: string;
      readonly findings: readonly Finding[];
      readonly globals?: readonly string[];
      readonly objects?: readonly ObjectInfo[];
    },
  ) {
    super(message, offset);
    this.format = report.format;
    this.findings = report.findings;
    this.globals = report.globals ?? [];
    this.objects = report.objects ?? [];
  }

  /** Would opening this file elsewhere run code? */
  get dangerous(): boolean {
    return this.findings.some((finding) => finding.severity === "dangerous");
  }
}

/** The message of a DataError without the "(at byte …)" that its constructor puts behind it. */
export function withoutOffset(error: DataError): string {
  const suffix = ` (at byte ${error.offset})`;
  return error.message.endsWith(suffix) ? error.message.slice(0, -suffix.length) : error.message;
}
