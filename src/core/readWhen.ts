import type * as z from "zod";
import { UsageError } from "./errors.ts";
import { nested, overlaid, type Settings } from "./layers.ts";
import { resolveOptions, shown } from "./options.ts";
import { respelled } from "./respelled.ts";

/** Which settings read an option. An option that no rule names is always read. */
export interface ReadWhen<O = Settings> {
  /** Path of an option or of a group of them: "trigger.side", "archetype". */
  readonly option: string;
  /** Whether these settings read it. */
  read(settings: O): boolean;
  /** The settings that do, as completes "expected it only with …": "labels teacher". */
  readonly by: string;
  /** What it is where it is read and nobody said; for options without a default in the schema. */
  fallback?(settings: O): unknown;
}

/** How a path of a schema is written for the reader of an error: "trigger.side", "--trigger-side". */
export type Spell = (path: readonly PropertyKey[]) => string;

const dotted: Spell = (path) => path.join(".");

/** Something with options: an attack, a distillation method, a command. */
export interface Described<S extends z.ZodObject = z.ZodObject> {
  readonly options: S;
  readonly readWhen?: readonly ReadWhen<z.infer<S>>[];
}

/**
 * Refuse what was written and does nothing in this combination: the one place where that is decided, for flags, files and code.
 *
 * Saying "off" (`false`, `null`) of an option that is off anyway is no mistake.
 *
 * @param written paths of the options that somebody wrote; default: all that the settings have
 * @throws UsageError that names the first such option and what it belongs to.
 */
export function refuseIdle<O extends object>(
  who: string,
  rules: readonly ReadWhen<O>[],
  settings: O,
  written: Iterable<string> = pathsOf(settings as Settings),
  spell: Spell = dotted,
): void {
  const paths = [...written];
  for (const { option, read, by } of rules) {
    const idle = paths.filter((path) => path === option || path.startsWith(`${option}.`));
    if (idle.length === 0 || read(settings)) continue;
    for (const path of idle) {
      const value = valueAt(settings, path);
      if (value === undefined || value === false || value === null) continue;
      const name = spell(path.split("."));
      throw new UsageError(
        `${who}: invalid ${name}: expected it only with ${by}, got ${typeof value === "string" ? value : shown(value)}; it would do nothing`,
      );
    }
  }
}

/** Fill in the options that only some settings read, where they are read. */
export function filledIn<O extends object>(rules: readonly ReadWhen<O>[], settings: O): O {
  return rules.reduce<O>((all, { option, read, fallback }) => {
    if (!fallback || valueAt(all, option) !== undefined || !read(settings)) return all;
    const value = fallback(settings);
    return value === undefined ? all : (overlaid(all as Settings, nested(option.split("."), value)) as O);
  }, settings);
}

/**
 * Resolve settings: every default filled in, nothing that the schema does not know, nothing that would do nothing.
 *
 * @param written what somebody wrote, layer over layer: a file, then flags. A layer that is complete, as records are, may hold idle
 * options at their defaults.
 * @param how.preset lies beneath, and may hold options that a layer makes idle
 * @throws UsageError that names the first wrong option.
 */
export function resolveSettings<S extends z.ZodObject>(
  who: string,
  { options, readWhen = [] }: Described<S>,
  written: unknown,
  how: { readonly preset?: Settings; readonly spell?: Spell } = {},
): z.infer<S> {
  const { preset = {}, spell = dotted } = how;
  const layers = (Array.isArray(written) ? written : [written]).map((layer) => respelled(options, layer));
  for (const layer of layers)
    if (layer === null || typeof layer !== "object") return resolveOptions(who, options, layer, spell);
  const all = [preset, ...(layers as Settings[])].reduce(overlaid);
  const settings = resolveOptions(who, options, all, spell);
  const defaults = options.safeParse({});
  const paths = layers.flatMap((layer) => chosenIn(layer as Settings, (defaults.data ?? {}) as Settings));
  refuseIdle(who, readWhen, settings, new Set(paths), spell);
  return filledIn(readWhen, settings);
}

/** What somebody chose in a layer: all of it, but of a complete one only what differs from the defaults. */
function chosenIn(layer: Settings, defaults: Settings): string[] {
  const paths = pathsOf(layer);
  const all = pathsOf(defaults);
  const complete = all.length > 0 && all.every((path) => paths.includes(path));
  const asByDefault = (path: string) =>
    JSON.stringify(valueAt(layer, path)) === JSON.stringify(valueAt(defaults, path));
  return complete ? paths.filter((path) => !asByDefault(path)) : paths;
}

/** Every option that settings hold: ["alpha", "trigger.side"]. */
function pathsOf(settings: Settings, above = ""): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? pathsOf(value as Settings, `${above}${name}.`)
      : [`${above}${name}`],
  );
}

const valueAt = (settings: unknown, path: string): unknown =>
  path.split(".").reduce((inner, name) => (inner as Settings | null | undefined)?.[name], settings);
