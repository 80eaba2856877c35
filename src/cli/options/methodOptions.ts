import * as z from "zod";
import { lookUp } from "../../core/errors.ts";
import { type ReadWhen, refuseIdle, resolveSettings } from "../../core/readWhen.ts";
import { kebab } from "../../core/spelling.ts";
import { flagOf } from "../shell/flagOf.ts";

/** An entry of a registry that one command runs under `--method`. */
export interface Method {
  readonly abbreviation: string;
  readonly options: z.ZodObject;
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly readWhen?: readonly ReadWhen[];
}

/** Find a method by its registry name (`distributionMatching`, `distribution-matching`) or abbreviation (`dm`). */
export function methodNamed<M extends Method>(methods: Readonly<Record<string, M>>, name: string, who: string) {
  const found = Object.entries(methods).find(([own, m]) => [own, kebab(own), m.abbreviation].includes(name));
  if (found) return { name: found[0], method: found[1] };
  const short = Object.fromEntries(Object.values(methods).map((m) => [m.abbreviation, m]));
  return { name, method: lookUp(short, name, who, "method") };
}

/**
 * The options of all methods as the flags of one command. None is required and none has a default here, since the
 * defaults may differ: each description says them.
 */
export function flagsOfMethods(methods: Readonly<Record<string, Method>>): Record<string, z.ZodOptional> {
  const list = Object.values(methods);
  const names = new Set(list.flatMap((m) => Object.keys(m.options.shape)));
  return Object.fromEntries(
    [...names].map((name) => {
      const owners = list.filter((m) => name in m.options.shape);
      const field = owners[0].options.shape[name] as z.ZodType;
      const inner = field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : field;
      const notes = owners.length === list.length ? [] : [`only ${owners.map((m) => m.abbreviation).join(", ")}`];
      const defaults = owners.map((m) => defaultOf(m.options.shape[name] as z.ZodType));
      const same = defaults.every((value) => value === defaults[0]);
      const said = same
        ? defaults[0]
        : owners.map((m, i) => `${m.abbreviation} ${defaults[i] ?? "by other options"}`).join(", ");
      if (said !== undefined) notes.push(`default: ${said}`);
      const text = notes.length > 0 ? `${field.description} (${notes.join("; ")})` : (field.description ?? "");
      return [name, inner.optional().describe(text)];
    }),
  );
}

/** The flag that names a preset of one of the methods; its description says what each is. */
export function presetFlag(methods: Readonly<Record<string, Method>>): z.ZodOptional {
  const names = [...new Set(Object.values(methods).flatMap((m) => Object.keys(m.presets ?? {})))];
  const said = Object.values(methods).flatMap(({ abbreviation, presets = {} }) =>
    Object.entries(presets).map(([name, settings]) => `${abbreviation} ${name} is ${flagsWritten(settings)}`),
  );
  const text = `settings that other flags override: ${said.join("; ")}`;
  return z
    .enum(names as [string, ...string[]])
    .optional()
    .describe(text);
}

const flagsWritten = (settings: Readonly<Record<string, unknown>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${flagOf([name])} ${value}`)
    .join(" ");

/**
 * The options of one method out of all flags of its command: its own defaults, then the preset of its that --preset names, then what
 * was written.
 *
 * @param given paths that were written on the command line.
 * @throws UsageError if a flag belongs to other methods, or the method has no such preset.
 */
export function optionsOfMethod<M extends Method>(
  methods: Readonly<Record<string, Method>>,
  method: M,
  flags: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
  who: string,
): z.infer<M["options"]> {
  const own = Object.keys(method.options.shape);
  const list = Object.values(methods);
  const rules = [...new Set(list.flatMap((m) => Object.keys(m.options.shape)))].map((option): ReadWhen<object> => {
    const owners = list.filter((m) => option in m.options.shape).map((m) => m.abbreviation);
    owners.sort();
    return { option, read: () => own.includes(option), by: `method ${owners.join(" or ")}` };
  });
  refuseIdle<object>(who, rules, flags, given, flagOf);
  const chosen = Object.fromEntries(own.filter((name) => given.has(name)).map((name) => [name, flags[name]]));
  const preset = flags.preset as string | undefined;
  const base =
    preset === undefined ? {} : lookUp(method.presets ?? {}, preset, who, `preset of ${method.abbreviation}`);
  return resolveSettings(who, method, { ...base, ...chosen }, { spell: flagOf }) as z.infer<M["options"]>;
}

function defaultOf(field: z.ZodType): unknown {
  const parsed = field.safeParse(undefined);
  return parsed.success ? parsed.data : undefined;
}
