import type * as z from "zod";
import { lookUp } from "../core/errors.ts";
import { resolveOptions } from "../core/options.ts";
import { namedIn } from "../core/spelling.ts";
import type { Repair } from "./Repair.ts";
import { repairRegistry } from "./repairRegistry.ts";

/** A repair and its settings: a name, or a name with options. */
export interface ChosenRepair {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a repair of any options
  readonly repair: Repair<any>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What was measured to work best where a trigger and its place are known (docs/sanitise.md). */
export const placeRepairs = ["inpaint", "antidote"] as const;
/** Where images share a detail that is no compact patch. */
export const imageRepairs = ["drop"] as const;

/** Names of the repairs that come with Retort. */
export const repairNames = Object.keys(repairRegistry) as (keyof typeof repairRegistry)[];

/**
 * Look repairs up and fill in their options.
 *
 * @throws UsageError for a repair that nobody knows and for options that it does not have.
 */
export function chosenRepairs(
  names: readonly string[],
  options: Readonly<Record<string, unknown>>,
  who: string,
): ChosenRepair[] {
  return names.map((written) => {
    const name = namedIn(Object.keys(repairRegistry), written);
    const repair = lookUp<Repair>(repairRegistry as never, name, who, "repair");
    return { name, repair, options: resolveOptions(who, repair.options, options[name] ?? {}) };
  });
}

/** Options of all repairs that have some, by the name of the repair: `{ antidote: { share } }`. */
export const repairOptions = (): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(repairRegistry as Readonly<Record<string, Repair>>)
      .filter(([, { options }]) => Object.keys(options.shape).length > 0)
      .map(([name, { options }]) => [name, options.prefault({})]),
  );
