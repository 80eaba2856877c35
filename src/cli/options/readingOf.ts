import { readOptions } from "./readOptions.ts";

/** What a set was read with, as far as somebody said it: `{ reading: { normalisation: "cifar-10" } }`, or nothing. */
export function readingOf(
  chosen: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
): { reading?: Readonly<Record<string, unknown>> } {
  const written = Object.keys(readOptions).filter((name) => given.has(name));
  if (written.length === 0) return {};
  return { reading: Object.fromEntries(written.map((name) => [name, chosen[name]])) };
}
