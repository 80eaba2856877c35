import { CommanderError } from "commander";
import { PolicyError, RetortError } from "../../core/errors.ts";
import { oneLine } from "./printable.ts";

/** What each exit status means (docs/exit-status.md); 70 is the EX_SOFTWARE of sysexits, 130 is 128 + SIGINT. */
export const exitStatus = {
  0: "fine",
  1: "a finding or a broken policy",
  2: "an error",
  70: "a bug in Retort",
  130: "interrupted",
} as const;

/** "0 fine, 1 a finding …", for the help. */
export const statuses = Object.entries(exitStatus)
  .map(([status, meaning]) => `${status} ${meaning}`)
  .join(", ");

/** How a failed call ends: the line for stderr and the exit status. */
export interface Failure {
  readonly kind: string;
  readonly message: string;
  /** 1 a broken policy; 2 an error of the caller, a file or a run; 70 our bug (sysexits' EX_SOFTWARE). */
  readonly code: 1 | 2 | 70;
}

/** What the operating system's refusals mean to a reader. Anything else with an errno is named by its code. */
const refusals: Readonly<Record<string, string>> = {
  ENOENT: "missing file: expected it to exist, got nothing at",
  EACCES: "invalid permission: expected access to",
  EPERM: "invalid permission: expected access to",
  EISDIR: "invalid file: expected a file, got a folder at",
  ENOTDIR: "invalid folder: expected a folder, got a file on the way to",
  EEXIST: "invalid output: expected nothing there yet, got",
  ENOTEMPTY: "invalid output: expected an empty folder, got",
  ENOSPC: "missing disk space: expected room for",
  EDQUOT: "missing disk quota: expected room for",
  EROFS: "invalid output: expected a writable disk, got a read-only one at",
  EFBIG: "invalid output: expected a file system that takes",
  EMFILE: "missing file handles: expected one more for",
  ENAMETOOLONG: "invalid path: expected a shorter one, got",
};

/**
 * Map whatever a command threw to one line and an exit status.
 *
 * @param who what was called: "retort attack clean-label".
 */
export function failureOf(error: unknown, who = "retort"): Failure {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, "").replace(/\.$/, "");
    return { kind: "UsageError", message: oneLine(`${who}: ${message}`), code: 2 };
  }
  if (error instanceof RetortError)
    return {
      kind: error.name,
      message: oneLine(signed(error.message, who)),
      code: error instanceof PolicyError ? 1 : 2,
    };
  if (isSystemError(error)) {
    const what = refusals[error.code] ?? `failed ${error.syscall ?? "system call"} (${error.code}) at`;
    return {
      kind: error.code,
      message: oneLine(`${who}: ${what} ${error.path?.replace(temporary, "$1") ?? "a file"}`),
      code: 2,
    };
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    kind: "InternalError",
    message: `retort: internal error: ${oneLine(text)}; this is a bug in Retort: please report it with the command and its output under --verbose`,
    code: 70,
  };
}

/** A file is written beside its name, `.NAME.12 digits.tmp`; people know it by its name. */
const temporary = /\.([^/\\]+)\.[0-9a-f]{12}\.tmp$/;

/** An error that the operating system gave, as Node wraps it. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? "") && "errno" in error;
}

/**
 * Names of functions and stages of the program say nothing to a reader: the call stands in their place. What names a file, a
 * format or the command itself stays.
 */
function signed(message: string, who: string): string {
  const [, inner] = /^([A-Za-z]+): /.exec(message) ?? [];
  if (inner === undefined) return message;
  const own = who.split(" ").slice(1);
  const isInner = own.length > 0 && !own.includes(inner) && (/[A-Z]/.test(inner) || stages.has(inner));
  return isInner ? `${who}${message.slice(inner.length)}` : message;
}

/** First words of errors that name a part of the program. Formats are named too, but are the reader's own. */
const stages: ReadonlySet<string> = new Set(
  (
    "attack augmentation checkpoint download engine evaluate gamut holm labels network output picture plan protocol read run search " +
    "ssim summarise sweep tensor train trial trigger whitening wilson zca"
  ).split(" "),
);
