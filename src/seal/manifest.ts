import { createHash } from "node:crypto";
import { DataError } from "../core/errors.ts";
import { checkName, comparePaths, foldName } from "./paths.ts";
import { asArray, asDigest, asText, exactFields, mustBe } from "./shape.ts";
import type { Statement } from "./statement.ts";

export const manifestPredicateType = "https://model_signing/signature/v1.0";

/** The signature's own name inside a set. */
export const signatureName = "model.sig";
/** Where a sealing in progress keeps its files (Staging.ts). */
export const stagingFolder = ".retort-seal";
export const provenanceName = "retort.provenance.json";
export const tensorsName = "retort.tensors.json";
/** Further attestations, one bundle a line. */
export const attestationsName = "retort.attestations.jsonl";

/** Ignored by convention, at top level only. */
export const gitPaths = [".git", ".gitattributes", ".github", ".gitignore"] as const;
/** One signed file. */
export interface Resource {
  readonly name: string;
  /** Hexadecimal SHA-256 of the content. */
  readonly digest: string;
}

/** What a seal says about a folder. */
export interface Manifest {
  /** The folder's name when it was signed. */
  readonly name: string;
  /** In the order of the bundle. */
  readonly resources: readonly Resource[];
  /** Exact relative paths that were left out; undefined in the old layout. */
  readonly ignorePaths: readonly string[] | undefined;
  readonly allowSymlinks: boolean;
  /** The seal of one file, not of a folder: its only resource is written as "." and is here called by the subject's name. */
  readonly single?: boolean;
}

/** How the convention writes the one resource of a file that is sealed alone. */
const wholeFile = ".";

/** sha256 over the concatenated raw digests, in the order given. It does not bind names. */
export function rootDigest(resources: readonly Resource[]): string {
  const hash = createHash("sha256");
  for (const { digest } of resources) hash.update(digest, "hex");
  return hash.digest("hex");
}

/**
 * What people compare: sha256 over lines `digest␠␠name\n` in manifest order, the text that `sha256sum` prints.
 *
 * Unlike the root digest it changes when a file moves into another class folder.
 */
export function setFingerprint(resources: readonly Resource[]): string {
  const hash = createHash("sha256");
  for (const { name, digest } of resources) hash.update(`${digest}  ${name}\n`);
  return hash.digest("hex");
}

/** Sort resources as the convention lists them. */
export function sortResources(resources: readonly Resource[]): Resource[] {
  return [...resources].sort((a, b) => comparePaths(a.name, b.name));
}

/** Make the statement that a seal signs. */
export function manifestStatement(manifest: Manifest): Statement {
  return {
    subject: { name: manifest.name, sha256: rootDigest(manifest.resources) },
    predicateType: manifestPredicateType,
    predicate: {
      serialization: {
        method: "files",
        hash_type: "sha256",
        allow_symlinks: manifest.allowSymlinks,
        ...(manifest.ignorePaths && { ignore_paths: manifest.ignorePaths }),
      },
      resources: manifest.resources.map(({ name, digest }) => ({
        name: manifest.single ? wholeFile : name,
        algorithm: "sha256",
        digest,
      })),
    },
  };
}

/**
 * Read the serialisation rules of a manifest statement.
 *
 * @throws DataError for another predicate type, another method or hash than files and sha256, or unknown fields.
 */
export function parseSerialization(statement: Statement): Pick<Manifest, "ignorePaths" | "allowSymlinks"> {
  const who = "parseSerialization";
  mustBe(who, "predicateType", statement.predicateType, manifestPredicateType);
  const predicate = exactFields(who, "predicate", statement.predicate, ["serialization", "resources"]);
  const names = ["method", "hash_type", "allow_symlinks"];
  const fields = exactFields(who, "serialization", predicate.serialization, names, ["ignore_paths"]);
  mustBe(who, "serialization.method", fields.method, "files");
  mustBe(who, "serialization.hash_type", fields.hash_type, "sha256");
  if (typeof fields.allow_symlinks !== "boolean")
    throw new DataError(`${who}: invalid serialization.allow_symlinks: expected true or false`);
  if (fields.ignore_paths === undefined) return { ignorePaths: undefined, allowSymlinks: fields.allow_symlinks };
  const ignorePaths = asArray(who, "serialization.ignore_paths", fields.ignore_paths).map((path) => {
    const text = asText(who, "ignore_paths", path);
    checkName(who, text);
    return text;
  });
  return { ignorePaths, allowSymlinks: fields.allow_symlinks };
}

/**
 * Read the resources of a manifest statement. The resource "." of a seal of one file gets the subject's name, which is signed too.
 *
 * @throws DataError for unsafe, repeated or wrongly ordered names and for other digests than sha256.
 */
export function parseResources(statement: Statement): Pick<Manifest, "resources" | "single"> {
  const who = "parseResources";
  const { resources } = exactFields(who, "predicate", statement.predicate, ["serialization", "resources"]);
  const list = asArray(who, "resources", resources).map((item): Resource => {
    const fields = exactFields(who, "resource", item, ["name", "algorithm", "digest"]);
    mustBe(who, "resource.algorithm", fields.algorithm, "sha256");
    const name = asText(who, "resource.name", fields.name);
    if (name !== wholeFile) checkName(who, name);
    return { name, digest: asDigest(who, "resource.digest", fields.digest) };
  });
  if (list.some(({ name }) => name === wholeFile))
    return { resources: [wholeFileOf(who, list, statement)], single: true };
  for (let i = 1; i < list.length; i++) {
    const order = comparePaths(list[i - 1].name, list[i].name);
    if (order === 0)
      throw new DataError(
        `${who}: invalid resources: expected each name once, got ${JSON.stringify(list[i].name)} twice`,
      );
    if (order > 0)
      throw new DataError(
        `${who}: invalid order of resources: expected ${JSON.stringify(list[i].name)} before ${JSON.stringify(list[i - 1].name)}`,
      );
  }
  return { resources: list };
}

/** The one file of a seal of a file. Its name is the sender's, like that of any resource. */
function wholeFileOf(who: string, list: readonly Resource[], { subject }: Statement): Resource {
  if (list.length !== 1)
    throw new DataError(
      `${who}: invalid name: expected "." (the file that is sealed alone) as the only one, got ${list.length} resources`,
    );
  checkName(who, subject.name);
  if (subject.name.includes("/") || subject.name === signatureName)
    throw new DataError(
      `${who}: invalid subject: expected the name of the sealed file, got ${JSON.stringify(subject.name)}`,
    );
  return { name: subject.name, digest: list[0].digest };
}

/** Names that would be one file on a file system that ignores case or Unicode normalisation. */
export function foldedTwins(names: readonly string[]): [string, string][] {
  const seen = new Map<string, string>();
  const twins: [string, string][] = [];
  for (const name of names) {
    const folded = foldName(name);
    const first = seen.get(folded);
    if (first !== undefined) twins.push([first, name]);
    else seen.set(folded, name);
  }
  return twins;
}

/** True if a path is one of the ignored ones or lies in an ignored folder. Exact: no patterns. */
export function isIgnored(path: string, ignorePaths: ReadonlySet<string>): boolean {
  if (ignorePaths.has(path)) return true;
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1))
    if (ignorePaths.has(path.slice(0, slash))) return true;
  return false;
}
