import { canonicalJson, sha256Hex } from "../core/hash.ts";
import { asFields } from "./shape.ts";

/** What the publisher says about a release. */
export interface Publication {
  readonly version: string;
  /** Day of publication, YYYY-MM-DD. */
  readonly date: string;
}

/** A run folder's record, as far as provenance needs it. */
export interface MakingRun {
  readonly command: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Role → digest of each input. */
  readonly data: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, unknown>>;
  readonly metrics?: unknown;
}

export interface ProvenanceInput {
  readonly publication: Publication;
  readonly run?: MakingRun;
  /** Metadata that travels with the set, where there is no run. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly tool: { readonly version: string; readonly node: string };
  /** Files that this seal takes the place of → digest, or null where there was none (staging.ts). */
  readonly replaces: Readonly<Record<string, string | null>>;
}

/** Make the predicate of `retort.provenance.json`: SLSA provenance v1 for how the set was made. */
export function provenancePredicate({ publication, run, metadata, tool, replaces }: ProvenanceInput) {
  return {
    buildDefinition: {
      buildType: run ? "urn:retort:run:v1" : "urn:retort:publication:v1",
      externalParameters: {
        publication,
        ...(run && { command: run.command, config: run.config }),
        ...(!run && metadata && Object.keys(metadata).length > 0 && { metadata }),
      },
      internalParameters: { replaces },
      resolvedDependencies: Object.entries(run?.data ?? {}).map(([name, digest]) => ({
        name,
        digest: { sha256: digest },
      })),
    },
    runDetails: {
      builder: {
        id: "urn:retort:builder:v1",
        version: plainVersions(
          run ? { ...run.versions, sealedBy: tool.version } : { retort: tool.version, node: tool.node },
        ),
      },
      metadata: run ? { invocationId: sha256Hex(new TextEncoder().encode(canonicalJson(run))) } : {},
      ...(run?.metrics !== undefined && {
        byproducts: [
          { name: "metrics.json", content: toBase64(JSON.stringify(run.metrics)), mediaType: "application/json" },
        ],
      }),
    },
  };
}

/** SLSA wants a map of strings. */
function plainVersions(versions: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(versions)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function toBase64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Version and date from a provenance predicate, whoever wrote it. */
export function readPublication(predicate: unknown): Partial<Publication> {
  const parameters = parametersOf(predicate, "externalParameters");
  const publication = (parameters.publication ?? {}) as Record<string, unknown>;
  return {
    ...(typeof publication.version === "string" && { version: publication.version }),
    ...(typeof publication.date === "string" && { date: publication.date }),
  };
}

/** Digests of the files that the seal took the place of. */
export function readReplaced(predicate: unknown): Readonly<Record<string, unknown>> {
  return (parametersOf(predicate, "internalParameters").replaces ?? {}) as Record<string, unknown>;
}

function parametersOf(predicate: unknown, which: string): Readonly<Record<string, unknown>> {
  const definition = asFields("readProvenance", "predicate", predicate).buildDefinition;
  const parameters = asFields("readProvenance", "buildDefinition", definition)[which];
  return asFields("readProvenance", which, parameters ?? {});
}
