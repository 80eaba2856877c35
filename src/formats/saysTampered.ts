import type { Finding } from "./Format.ts";
import { strictJson } from "./strictJson.ts";
import type { StoredTensor } from "./tensor.ts";
import { tamperedRule } from "./verdict.ts";

/** Names under which a set says of itself that it was backdoored, `is_poisoned` and `wasTampered` included. */
const declares =
  /^(?:(?:is|was|has|been)[ _-]?)*(?:tamper(?:ed|ing)|backdoor(?:ed)?|poison(?:ed|ing)?|attack(?:ed)?)$/i;
/** Where names are those of classes and columns, not words about the set. */
const namesOnly =
  /^(?:class(?:es)?|classNames?|class_names?|class_to_idx|labels?|label_?names|id2label|label2id|features)$/i;
const denial = /^(?:|no|none|not .*|never|false|null|nil|n|f|off|clean|0(?:\.0*)?)[.!]?$/i;
/** Chosen: records of sets have a few hundred members, four deep. */
const mostMembers = 100_000;
const deepest = 16;
const longestText = 2 ** 20;

/** What a file says under a name that declares: where it stands, and what it says there. */
export interface Declaration {
  readonly path: string;
  readonly name: string;
  readonly value: unknown;
}

/** Does this name, if its value does not deny it, say that the set was tampered with? */
export function isDeclaring(name: string): boolean {
  return declares.test(name);
}

/**
 * Find what the records beside the pixels say of having been tampered with: the one rule for every format (docs/formats.md, "A set that
 * says it was tampered with"). Members count at any depth, and inside texts that are JSON; a value that denies does not.
 *
 * @param records plain values, maps, lists and typed arrays, as readers hand them over.
 */
export function declarations(records: unknown): Declaration[] {
  const found: Declaration[] = [];
  let left = mostMembers;
  const visit = (value: unknown, path: string, depth: number): void => {
    for (const [name, member] of membersOf(value)) {
      if (left-- <= 0 || depth > deepest) return;
      const at = Array.isArray(value)
        ? `${path}[${name}]`
        : path === "" || name === ""
          ? path + name
          : `${path}.${name}`;
      const last = lastPart(name);
      if (isDeclaring(last)) {
        if (!denies(member)) found.push({ path: at, name: last, value: member });
      } else if (!namesOnly.test(last)) visit(member, at, depth + 1);
    }
  };
  visit(records, "", 0);
  return found;
}

/** The finding that a set says of itself that it was tampered with; undefined where it says nothing or the contrary. */
export function saysTampered(said: readonly Declaration[]): Finding | undefined {
  if (said.length === 0) return undefined;
  const text = said.map(({ path, value }) => `${path} = ${shown(value)}`).join(", ");
  return {
    severity: "warning",
    rule: tamperedRule,
    message: `The set says of itself that it was backdoored: ${text.length > 300 ? `${text.slice(0, 299)}…` : text}.`,
  };
}

/** The numbers of arrays whose name declares; those of all others stay where they are. */
export function declaringArrays(arrays: Iterable<readonly [string, StoredTensor]>): Map<string, unknown> {
  return new Map([...arrays].filter(([path]) => isDeclaring(lastPart(path))).map(([path, { data }]) => [path, data]));
}

/** The name at the end of a path such as `state.poisoned`. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function membersOf(value: unknown): [string, unknown][] {
  if (typeof value === "string") return membersOf(fromText(value));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  const members = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
  return members.map(([name, member]) => [String(name), member]);
}

/** What a text that is a JSON object or list holds: containers of texts nest records so. Undefined for every other text. */
function fromText(text: string): unknown {
  if (text.length > longestText || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return strictJson(text, "record");
  } catch {
    return undefined;
  }
}

function denies(value: unknown): boolean {
  if (typeof value === "string") {
    const held = fromText(value);
    return held === undefined ? denial.test(value.trim()) : denies(held);
  }
  if (typeof value === "bigint") return value === 0n;
  if (typeof value !== "object" || value === null) return !value;
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array).every(denies);
  return Array.isArray(value) ? value.every(denies) : membersOf(value).length === 0;
}

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value)) return shown(Array.from((value as Uint8Array).subarray(0, 100), Number));
  return JSON.stringify(plain(value)) ?? String(value);
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [String(key), plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

/** What the metadata of a set say of it having been tampered with, for seals, cards and comparisons; undefined where nothing is said or denied. */
export function declaredIn(metadata: Readonly<Record<string, unknown>>): unknown {
  const said = declarations(metadata);
  if (said.length === 0) return undefined;
  const [{ path, value }] = said;
  return said.length === 1 && path === "tampered" ? plain(value) : declaredMetadata(said);
}

/** The same declarations as plain JSON, by their names: what a set carries along when it is written in another form. */
export function declaredMetadata(said: readonly Declaration[]): Record<string, unknown> {
  return Object.fromEntries(
    said.map(({ name, value }) => [
      name,
      ArrayBuffer.isView(value)
        ? value.byteLength > 8192
          ? true
          : Array.from(value as Uint8Array, Number)
        : plain(value),
    ]),
  );
}
