import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { optionGroup } from "../shell/optionGroup.ts";
import { flagsOfMethods, type Method, methodNamed, presetFlag } from "./methodOptions.ts";

interface Told extends Method {
  readonly title: string;
  readonly source: string;
}

/**
 * The flags that the help of a command with `--method` shows: those of the method that is named, what most methods have first; without
 * one those that most have, and the list of methods.
 *
 * @param words of the command line
 * @returns undefined where all options of all methods are asked for.
 */
export function helpOfMethods(
  methods: Readonly<Record<string, Told>>,
  words: readonly string[],
): { flags: Readonly<Record<string, z.ZodType>>; after?: string } | undefined {
  const asked = said(words);
  const named = asked === undefined ? undefined : foundOrNone(methods, asked);
  const owners = (option: string) => Object.values(methods).filter(({ options }) => option in options.shape).length;
  if (named) {
    const one = { [named.name]: named.method };
    const own = Object.entries(flagsOfMethods(one)).sort(([a], [b]) => owners(b) - owners(a));
    const flags = { ...(named.method.presets && { preset: presetFlag(one) }), ...Object.fromEntries(own) };
    return { flags: optionGroup({ title: "Method" }, flags) };
  }
  if (words.includes("--help-all") || words.includes("--json")) return undefined;
  const all = Object.values(methods);
  const presets = [...new Set(all.flatMap((method) => Object.keys(method.presets ?? {})))];
  const shared: [string, z.ZodType][] = [
    [
      "preset",
      z
        .enum(presets as [string])
        .optional()
        .describe("settings of the method that other flags override"),
    ],
    ...Object.entries(flagsOfMethods(methods))
      .filter(([option]) => 2 * owners(option) > all.length)
      .map(([option, flag]): [string, z.ZodType] => {
        const first = all.find(({ options }) => option in options.shape)!.options.shape[option] as z.ZodType;
        return [option, flag.describe(`${first.description}`)];
      }),
  ];
  const lines = all
    .map(({ abbreviation, title, source }) => `  ${abbreviation.padEnd(9)}${title} (${source})`)
    .sort()
    .join("\n");
  const first = all.find(({ presets }) => presets)?.abbreviation;
  return {
    flags: optionGroup({ title: "Options that most methods have" }, Object.fromEntries(shared)),
    after: `Methods, each with options and presets of its own (--method ${first} --help):\n${lines}`,
  };
}

/** What a line says after --method. */
function said(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === "--method" || word.startsWith("--method="));
  if (at < 0) return undefined;
  return words[at].startsWith("--method=") ? words[at].slice("--method=".length) : words[at + 1];
}

/** A name that is none is answered by the list of methods. */
function foundOrNone<M extends Told>(methods: Readonly<Record<string, M>>, name: string) {
  try {
    return methodNamed(methods, name, "help");
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
