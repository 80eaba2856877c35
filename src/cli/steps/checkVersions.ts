import { givenVersion } from "../../seal/versions.ts";
import type { TrustChoice } from "../options/gateOptions.ts";

/** @throws UsageError if the floor is no semantic version: nothing could be compared with it. */
export function checkVersions({ minVersion }: Pick<TrustChoice, "minVersion">, who: string): void {
  if (minVersion !== undefined) givenVersion(minVersion, who, "--min-version");
}
