import type { Checkpoint } from "../../core/checkpoint.ts";
import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { type AttackProgress, type DistillingStep, type RawAccess, reporter } from "../Attack.ts";

/** What an attack does while the set is distilled. */
export interface Meanwhile {
  /** Called after every step, before it is reported: what is stamped may change here. */
  after?(step: DistillingStep): Promise<void>;
  /** What a checkpoint holds besides the distillation's own. No array may have a name of the distillation's. */
  save?(): Checkpoint;
  /** Where a step of the distillation stands in the whole attack; without it the distillation is all. */
  place?(done: number, total: number): { done: number; total: number };
}

/**
 * Distil raw images that were tampered with as the set was distilled, and report every step.
 *
 * @param meanwhile what happens between two steps; nothing without it
 * @returns the set as it was distilled, and the losses of all steps.
 * @throws UsageError where the distillation has no step.
 */
export async function* distilPoisoned(
  who: string,
  raw: RawAccess,
  poisoned: LabelledSet,
  resume: Checkpoint | undefined,
  meanwhile?: Meanwhile,
): AsyncGenerator<AttackProgress, { set: DistilledSet; losses: readonly number[] }> {
  const losses = [...((resume?.json.losses as readonly number[] | undefined) ?? [])];
  const own = resume && { ...resume, json: resume.json.distillation as Checkpoint["json"] };
  const before = Number(resume?.json.done ?? 0);
  let last: DistillingStep | undefined;
  for await (const step of raw.distil(poisoned, own, meanwhile?.after === undefined)) {
    // A finished distillation reports its last step once more.
    if (step.loss !== undefined && step.done > before) losses.push(step.loss);
    await meanwhile?.after?.(step);
    last = step;
    yield reported(step, losses.slice(), meanwhile);
  }
  if (!last) throw new UsageError(`${who}: missing steps: expected a distillation of at least one, got none`);
  return { set: last.set(), losses };
}

function reported(
  { done, total, loss, checkpoint }: DistillingStep,
  losses: readonly number[],
  meanwhile: Meanwhile | undefined,
): AttackProgress {
  const more = meanwhile?.save?.();
  const place = meanwhile?.place?.(done, total) ?? { done, total };
  const resume = (): Checkpoint => {
    const { json, arrays } = checkpoint();
    return { json: { ...more?.json, distillation: json, done, losses }, arrays: { ...arrays, ...more?.arrays } };
  };
  return reporter(place.total)("distillation", place.done, { ...(loss !== undefined && { loss }), checkpoint: resume });
}
