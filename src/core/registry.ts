import { UsageError } from "./errors.ts";

/** What an entry must have: member → what it is in words, and how to tell. */
export type Members = Readonly<Record<string, (value: unknown) => boolean>>;

export const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
export const isFunction = (value: unknown): boolean => typeof value === "function";
export const isSchema = (value: unknown): boolean => typeof value === "object" && value !== null && "shape" in value;

/** A registry that can be extended, made of a module of built-in entries. Entries that are added have no static names. */
export const registry = <T extends object>(builtIn: T): T => ({ ...builtIn });

/**
 * Add entries to a registry: all of them or none.
 *
 * @param what kind of entry, for errors: "attack"
 * @throws UsageError for a name that is taken or no identifier in camel case, and for an entry that lacks a member.
 */
export function extend(registry: object, entries: Readonly<Record<string, unknown>>, what: string, members: Members) {
  for (const [name, entry] of Object.entries(entries)) {
    if (!/^[a-z][A-Za-z0-9]*$/.test(name))
      throw new UsageError(
        `register: invalid name of ${what}: expected letters and digits in camel case, got ${JSON.stringify(name)}`,
      );
    if (Object.hasOwn(registry, name))
      throw new UsageError(`register: invalid name of ${what}: expected one that is free, got ${name}, which is taken`);
    const missing = Object.keys(members).find((member) => {
      const value = member === "" ? entry : (entry as Readonly<Record<string, unknown>> | null | undefined)?.[member];
      return !members[member](value);
    });
    if (missing !== undefined)
      throw new UsageError(
        `register: invalid ${what} ${name}: expected ${missing === "" ? "a function" : `the member ${missing} (${Object.keys(members).join(", ")} are needed)`}, got ${entry === null ? "null" : typeof entry} without it`,
      );
  }
  Object.assign(registry, entries);
}
