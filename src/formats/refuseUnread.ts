import { lookUp } from "../core/errors.ts";
import { type ReadWhen, refuseIdle, type Spell } from "../core/readWhen.ts";
import type { Format, ReadOption, ReadOptions } from "./Format.ts";
import { formatRegistry as formats } from "./formatRegistry.ts";

const options: readonly ReadOption[] = ["coarse", "experiment", "factor", "ipc", "layout", "split"];

/**
 * Refuse options that the format of a file does not read: who asks for experiment 3 should not get something else silently.
 *
 * @param name registry name of the format
 * @throws UsageError that names the option and the formats that read it.
 */
export function refuseUnread(name: string, given: Pick<ReadOptions, ReadOption>, who: string, spell?: Spell): void {
  const { reads = [] } = lookUp<Format>(formats, name, who, "format");
  const rules = options.map((option): ReadWhen<object> => {
    const readers = Object.entries<Format>(formats).filter(([, format]) => format.reads?.includes(option));
    const by = `a file read as ${readers.map(([own]) => own).join(", ")}, not as ${name}`;
    return { option, read: () => reads.includes(option), by };
  });
  refuseIdle(who, rules, given, options, spell);
}
