import { givenVersion } from "../../seal/versions.ts";
import type { TrustChoice } from "../options/gateOptions.ts";

/** @throws UsageError if a version that is asked for is no semantic one: no seal states another (docs/exit-status.md). */
export function checkVersions(
  { minVersion, expectVersion }: Partial<Pick<TrustChoice, "minVersion" | "expectVersion">>,
  who: string,
): void {
  if (expectVersion !== undefined) givenVersion(expectVersion, who, "--expect-version");
  if (minVersion !== undefined) givenVersion(minVersion, who, "--min-version");
}
