import type * as z from "zod";
import type { ReadWhen } from "../../core/readWhen.ts";

/** Options that several commands share: their place in the help, and when they mean something. */
export interface OptionGroup {
  /** Heading in the help: "Receivers". */
  readonly title: string;
  /** Names that `--help` shows; the others are for `--help-all`. Default: all. */
  readonly common?: readonly string[];
  readonly readWhen?: readonly ReadWhen<Record<string, unknown>>[];
}

const groups = new WeakMap<object, OptionGroup & { readonly name: string }>();

/** Make options a group. A command that spreads them into its schema gets the group with them, whatever it calls them. */
export function optionGroup<T extends Readonly<Record<string, z.ZodType>>>(group: OptionGroup, options: T): T {
  for (const [name, field] of Object.entries(options)) groups.set(field, { ...group, name });
  return options;
}

/** The group that a field of a schema came from, and its name there. */
export const groupOf = (field: unknown): (OptionGroup & { readonly name: string }) | undefined =>
  groups.get(field as object);

/** When the shared options of a schema mean something. Options that a command calls otherwise have rules of its own. */
export const sharedRules = ({ shape }: z.ZodObject): ReadWhen<Record<string, unknown>>[] =>
  Object.entries(shape).flatMap(([name, field]) => {
    const group = groupOf(field);
    return group?.name === name ? (group.readWhen ?? []).filter(({ option }) => option === name) : [];
  });
