import { existsSync } from "node:fs";
import { UsageError } from "../core/errors.ts";
import { datasets } from "./datasets.ts";

/** How a person names raw data: `cifar-10`, `cifar-100-coarse`, `photos@64`. */
export interface RawName {
  /** A known set, `strokes` too; absent for a path. */
  readonly dataset?: string;
  /** The name or path without what follows @. */
  readonly bare: string;
  /** Read the groups of classes. */
  readonly coarse: boolean;
  /** Pixels a side that images are brought to. */
  readonly side?: number;
}

const coarse = "-coarse";
/** Chosen: below, a ConvNet of three blocks has nothing left; above, distilling is out of reach. */
const [smallest, largest] = [8, 512];

/** Names of raw data that are no paths. */
export const rawNames: readonly string[] = ["strokes", ...Object.keys(datasets), `cifar-100${coarse}`];

/**
 * Take a name of raw data apart. A path that exists is taken as it stands, whatever it is called.
 *
 * @throws UsageError on a size that no set may have.
 */
export function rawNameOf(text: string, who: string): RawName {
  const match = existsSync(text) ? null : /^(.+)@(\d+)$/.exec(text);
  const bare = match?.[1] ?? text;
  const side = match ? Number(match[2]) : undefined;
  if (side !== undefined && !(side >= smallest && side <= largest))
    throw new UsageError(
      `${who}: invalid size of data: expected @${smallest} to @${largest} pixels a side, got ${JSON.stringify(text)}`,
    );
  const known = rawNames.includes(bare);
  const isCoarse = known && bare.endsWith(coarse);
  const dataset = isCoarse ? bare.slice(0, -coarse.length) : bare;
  return { ...(known && { dataset }), bare, coarse: isCoarse, ...(side !== undefined && { side }) };
}
