import type { Format } from "./Format.ts";
import { formatRegistry as formats } from "./formatRegistry.ts";

/** Formats by the endings of names that ask for them, in the order of the registry. */
const endings = (): (readonly [ending: string, format: string])[] =>
  Object.entries<Format>(formats).flatMap(([name, format]) =>
    format.write ? (format.endings ?? []).map((ending) => [ending.toLowerCase(), name] as const) : [],
  );

/** Every ending that means a format to write. */
export const knownEndings = (): string[] => endings().flatMap(([ending]) => (ending === "" ? [] : [ending]));

/** The format to write that the end of a name asks for; undefined where it means none. */
export function formatOfName(path: string): string | undefined {
  const name = (path.split(/[/\\]/).findLast((part) => part !== "") ?? "").toLowerCase();
  const fits = endings().filter(([ending]) => (ending === "" ? !name.includes(".") : name.endsWith(ending)));
  return fits.sort(([a], [b]) => b.length - a.length)[0]?.[1];
}
