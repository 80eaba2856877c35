import type * as z from "zod";
import type { Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Device } from "../engine/device.ts";
import type { RepairTarget } from "./RepairTarget.ts";

export interface RepairContext {
  readonly key: Key;
  readonly device: Device;
}

/** A set after a repair. */
export interface Repaired {
  readonly set: DistilledSet;
  /** Row of the set before that each image was, −1 for one that was added: [M]. */
  readonly origin: Int32Array;
}

/** One repair: one file and one line in repairs.ts. */
export interface Repair<S extends z.ZodObject = z.ZodObject> {
  readonly title: string;
  /** Where it comes from, or "Retort". */
  readonly source: string;
  /** `place`: a trigger and where it stands; `images`: images that carry something; `nothing`: it treats every image alike. */
  readonly needs: "place" | "images" | "nothing";
  readonly options: S;
  /** Yields the share of the work that is done. A pure function of its arguments. */
  run(
    set: DistilledSet,
    findings: readonly RepairTarget[],
    options: z.infer<S>,
    context: RepairContext,
  ): AsyncGenerator<number, Repaired>;
}

/**
 * Describe a repair of your own. Does nothing but check types: `run` knows the options by their schema.
 *
 * @example
 * const darken = defineRepair({
 *   title: "Darkened", source: "mine", needs: "nothing", options: z.strictObject({}),
 *   async *run(set) { return sameRows({ ...set, images: set.images.map((v) => v / 2) }); },
 * });
 */
export const defineRepair = <S extends z.ZodObject>(describe: Repair<S>): Repair<S> => describe;

/** A set whose images stayed where they were. */
export const sameRows = (set: DistilledSet): Repaired => ({
  set,
  origin: Int32Array.from({ length: set.shape[0] }, (_, i) => i),
});
