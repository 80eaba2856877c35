import { RetortError } from "../core/errors.ts";
import { slsaPredicateType } from "./attestations.ts";
import { parseBundle } from "./bundle.ts";
import { parseResources, type Resource, setFingerprint } from "./manifest.ts";
import { readPublication } from "./provenance.ts";
import { cardName, croissantName } from "./staging.ts";
import { parseStatement } from "./statement.ts";
import { compareVersions } from "./versions.ts";

/** What a seal says of itself. Nobody checked its signature: good for a warning to its own publisher, for nothing else. */
export interface EarlierSeal {
  readonly version?: string;
  readonly date?: string;
  readonly resources: readonly Resource[];
}

/** Read what lies where a new seal goes. @returns undefined where there is nothing, or nothing that reads. */
export function readEarlierSeal(signature?: Uint8Array, provenance?: Uint8Array): EarlierSeal | undefined {
  const statementOf = (bytes: Uint8Array) => {
    const bundle = parseBundle(bytes);
    return parseStatement(bundle.payloadType, bundle.payload);
  };
  try {
    if (!signature) return undefined;
    const { resources } = parseResources(statementOf(signature));
    const made = provenance && statementOf(provenance);
    return { resources, ...(made?.predicateType === slsaPredicateType && readPublication(made.predicate)) };
  } catch (error) {
    if (error instanceof RetortError) return undefined;
    throw error;
  }
}

/** The version that was sealed before, where it is newer than this one. */
export function stepBack(version: string, earlier: EarlierSeal | undefined): string | undefined {
  const order = earlier?.version === undefined ? undefined : compareVersions(version, earlier.version);
  return order !== undefined && order < 0 ? earlier?.version : undefined;
}

/** Are other files sealed under a version that receivers know already? Card and description may change. */
export function isReused(version: string, resources: readonly Resource[], earlier: EarlierSeal | undefined): boolean {
  const dataOf = (list: readonly Resource[]) =>
    setFingerprint(list.filter(({ name }) => name !== croissantName && name !== cardName));
  return earlier?.version === version && dataOf(earlier.resources) !== dataOf(resources);
}
