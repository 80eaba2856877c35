import { lookUp } from "../core/errors.ts";
import { type ReadWhen, refuseIdle, type Spell } from "../core/readWhen.ts";
import type { Format, ReadOption, ReadOptions } from "./Format.ts";
import { formatRegistry as formats } from "./formatRegistry.ts";

const options: readonly ReadOption[] = ["coarse", "experiment", "factor", "ipc", "layout", "split"];

/**
 * Refuse options that no format of these files reads: who asks for experiment 3 should not get something else silently. Images per
 * class are read by all: where a file has labels, as a check of them (`openSet`).
 *
 * @param names registry names of the formats, one a file
 * @throws UsageError that names the option and the formats that read it.
 */
export function refuseUnread(
  names: readonly string[],
  given: Pick<ReadOptions, ReadOption>,
  who: string,
  spell?: Spell,
): void {
  const reads = names.flatMap((name) => readBy(name, who));
  const rules = options.map((option): ReadWhen<object> => {
    const readers = Object.entries<Format>(formats).filter(([, format]) => format.reads?.includes(option));
    const by = `a file read as ${readers.map(([own]) => own).join(", ")}, not as ${[...new Set(names)].join(" and ")}`;
    return { option, read: () => reads.includes(option), by };
  });
  refuseIdle(who, rules, { ...given, ipc: undefined }, options, spell);
}

/** What the reader of a format takes of these options, for a call that opens several files. */
export function readOf<O extends Pick<ReadOptions, ReadOption>>(name: string, given: O, who: string): O {
  const foreign = options.filter((option) => option !== "ipc" && !readBy(name, who).includes(option));
  return { ...given, ...Object.fromEntries(foreign.map((option) => [option, undefined])) };
}

const readBy = (name: string, who: string): readonly ReadOption[] =>
  lookUp<Format>(formats, name, who, "format").reads ?? [];
