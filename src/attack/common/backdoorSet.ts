import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { applyTrigger, type Trigger } from "../../data/Trigger.ts";
import type { Floats } from "../../nn/Network.ts";
import { takeRows } from "../../train/train.ts";
import { type CarrierOptions, carrierSources, carriers, drawRows } from "./carriers.ts";

/** What a trigger can be stamped on. */
export const backdoorSources = ["archetypes", ...carrierSources] as const;

export interface BackdoorOptions extends Omit<CarrierOptions, "sources"> {
  readonly sources: readonly (typeof backdoorSources)[number][];
  /** When other carriers are drawn. */
  readonly fresh: "block" | "step";
}

/**
 * The backdoor set B: triggered images that shall all be called the target (arXiv 2502.04229). Its archetypes stay; carriers, which
 * make the trigger hold on images that it was not planted with, are drawn anew from time to time.
 *
 * @param archetypes stamped as they are; empty without them
 * @returns B at a block and a step of it: N·C·H·W
 */
export function backdoorSet(
  set: DistilledSet,
  archetypes: Floats,
  options: BackdoorOptions,
  trigger: Trigger,
  key: Key,
): (block: number, step: number) => Floats {
  const { count, batch, fresh } = options;
  const sources = carrierSources.filter((source) => options.sources.includes(source));
  const made = applyTrigger(trigger, archetypes);
  if (sources.length === 0) return () => made;
  const others = applyTrigger(trigger, carriers(set, { sources, count }, child(key, "images")));
  return (block, step) => {
    const rows = drawRows(child(key, "rows", block, fresh === "step" ? step : 0), count, batch);
    const drawn = takeRows(others, count, rows);
    const out = new Float32Array(made.length + drawn.length);
    out.set(made);
    out.set(drawn, made.length);
    return out;
  };
}
