import compare from "semver/functions/compare.js";
import valid from "semver/functions/valid.js";
import { UsageError } from "../core/errors.ts";

/** Is this a version as Semantic Versioning 2.0.0 has it: MAJOR.MINOR.PATCH, maybe with -pre-release and +build? */
export const isVersion = (text: string): boolean => valid(text) === text.replace(/^[v=\s]*/, "").replace(/\+.*$/, "");

/**
 * Take a version that a person wrote.
 *
 * @param what "--release".
 * @throws UsageError if it is no semantic version.
 */
export function givenVersion(text: string, who: string, what: string): string {
  if (isVersion(text) && /^\d/.test(text)) return text;
  throw new UsageError(
    `${who}: invalid ${what}: expected a semantic version such as 1.2.0 or 2.0.0-rc.1, got ${JSON.stringify(text)}`,
  );
}

/**
 * Compare two semantic versions by their precedence: a pre-release before its release, build metadata aside.
 *
 * @returns negative if `a` is older; undefined if one of them is no semantic version, and nothing follows from it.
 */
export function compareVersions(a: string, b: string): number | undefined {
  return isVersion(a) && isVersion(b) ? compare(a, b) : undefined;
}
