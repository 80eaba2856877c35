import type { Finding } from "./Format.ts";

/**
 * What can be said of a file as a whole. The one rule for every command (docs/formats.md, "What a verdict means"):
 *
 * - `dangerous`: unpickling it elsewhere would import a name that can act, or load a program;
 * - `unsafe`: of a format that is read, and breaks its rules: other programs may see something else in it;
 * - `unknown`: a pickle in it names something that is neither known to only describe nor known to act;
 * - `tampered`: the set says of itself that it was backdoored;
 * - `not recognised`: nothing that is read here, and nothing was found against it;
 * - `fine`: none of these.
 */
export type FileVerdict = "fine" | "tampered" | "unknown" | "unsafe" | "dangerous" | "not recognised";

/** Exit status of `retort inspect`. Commands that use a set end with 2 where it cannot be read, whatever the reason. */
export const verdictStatus: Readonly<Record<FileVerdict, 0 | 1 | 2>> = {
  fine: 0,
  tampered: 1,
  unknown: 1,
  unsafe: 1,
  dangerous: 1,
  "not recognised": 2,
};

/** Rule of the finding that a set says of itself that it was tampered with. */
export const tamperedRule = "tampered";

/** The worst that the findings say. */
export function verdictOf(findings: readonly Finding[]): FileVerdict {
  for (const severity of ["dangerous", "unsafe", "unknown"] as const)
    if (findings.some((finding) => finding.severity === severity)) return severity;
  return findings.some(({ rule }) => rule === tamperedRule) ? "tampered" : "fine";
}
