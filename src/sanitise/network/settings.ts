import type * as z from "zod";
import { lookUp } from "../../core/errors.ts";
import { resolveOptions } from "../../core/options.ts";
import { namedIn } from "../../core/spelling.ts";
import type { NetworkRepair } from "./NetworkRepair.ts";
import * as networkRepairs from "./networkRepairs.ts";

/** A repair of a network and its settings. */
export interface ChosenNetworkRepair {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a repair of any options
  readonly repair: NetworkRepair<any>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What was measured to work best (docs/sanitise.md). */
export const defaultNetworkRepairs = ["unlearn"] as const;

export const networkRepairNames = Object.keys(networkRepairs) as (keyof typeof networkRepairs)[];

/** Look repairs of networks up and fill in their options. @throws UsageError for what nobody knows. */
export const chosenNetworkRepairs = (
  names: readonly string[],
  options: Readonly<Record<string, unknown>>,
  who: string,
): ChosenNetworkRepair[] =>
  names.map((written) => {
    const name = namedIn(Object.keys(networkRepairs), written);
    const repair = lookUp<NetworkRepair>(networkRepairs as never, name, who, "repair of networks");
    return { name, repair, options: resolveOptions(who, repair.options, options[name] ?? {}) };
  });

/** Options of these repairs, by the name of the repair. */
export const networkRepairOptions = (): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(networkRepairs as unknown as Readonly<Record<string, NetworkRepair>>).map(([name, { options }]) => [
      name,
      options.prefault({}),
    ]),
  );
