import { DataError } from "../core/errors.ts";
import { hashJson } from "../core/hash.ts";
import { readJsonText } from "../disk/readText.ts";

const member = "integrity";

/** Kinds of records that are passed on, in words. */
const names = { audit: "an audit", calibration: "a library of clean sets" } as const;
export type SharedKind = keyof typeof names;
const kinds = Object.keys(names) as SharedKind[];

/**
 * Give a JSON record that is passed on, and read back, a digest of what it says: of its values, so that it holds for the file laid out,
 * encoded and sorted by other programs too.
 *
 * @param kind of the record: "audit".
 */
export function withIntegrity<T extends object>(value: T, kind: SharedKind): T & { readonly integrity: string } {
  return { ...value, [member]: digestOf(value, kind) } as T & { readonly integrity: string };
}

/**
 * Read such a record. One without a digest was written by hand or by an older version, and is taken.
 *
 * @returns the record without its digest.
 * @throws UsageError if there is no such file or it is no JSON; DataError that names it if its digest is of something else, or of a
 * record of another kind.
 */
export async function readSharedJson(file: string, who: string, what: string, kind: SharedKind): Promise<unknown> {
  const value = await readJsonText(file, who, what);
  if (typeof value !== "object" || value === null || Array.isArray(value) || !(member in value)) return value;
  const { [member]: stated, ...rest } = value as Record<string, unknown>;
  if (stated === digestOf(rest, kind)) return rest;
  const other = kinds.find((one) => stated === digestOf(rest, one));
  if (other !== undefined) throw new DataError(`${file}: invalid file: expected ${names[kind]}, got ${names[other]}`);
  throw new DataError(
    `${file}: damaged file: expected what was written, got another content; make it again, or take "${member}" out of it to use it as it is`,
  );
}

function digestOf(value: object, kind: SharedKind): string {
  return hashJson({ kind, value: JSON.parse(JSON.stringify(value)) as unknown });
}
