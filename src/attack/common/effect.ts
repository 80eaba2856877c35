import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { applyTrigger, gamutBounds, type Trigger } from "../../data/Trigger.ts";
import type { Floats } from "../../nn/Network.ts";
import { classesOf } from "../../train/targets.ts";
import type { Limits } from "./budget.ts";
import { checkTarget } from "./checkTarget.ts";

/** What an attack is about to do. */
export interface Intent {
  readonly targetClass: number;
  readonly trigger: Trigger;
  /** What the trigger shows is found by the attack. */
  readonly learnt?: boolean;
  /** The set's images as they are handed on, where the attack stamps them before anything else. */
  readonly stamped?: Floats;
  /** How the images are moved; absent where they are not. */
  readonly moves?: {
    /** Weight of the backdoor in what the images follow. */
    readonly alpha: number;
    readonly lr: number;
    readonly updates: number;
    readonly limits: Limits<Floats> | undefined;
  };
}

/** Chosen: half a level of an 8-bit picture. A trigger that changes less is not there once it is a picture. */
const smallest = 0.5 / 255;

/** Chosen: Adam moves a number by about its learning rate at an update, and never by ten times that for long. */
const mostOfAdam = 10;

/**
 * The one rule for all attacks: what would change nothing, or plant nothing, is refused before any work (docs/attacks.md).
 *
 * @param set in the space in which it is attacked.
 * @throws UsageError that says which option asks for nothing.
 */
export function checkEffect(who: string, set: DistilledSet, intent: Intent): void {
  const { targetClass, trigger, learnt = false, stamped, moves } = intent;
  checkTarget(who, set, targetClass);
  const nothing = "the attack would change nothing";
  if (!classesOf(set).includes(targetClass))
    throw new UsageError(
      `${who}: invalid targetClass: expected a class that has images in the set, got ${targetClass}, which has none; ${nothing}`,
    );
  const reach = learnt
    ? (trigger.generator?.bound ?? trigger.mask.reduce((most, m) => Math.max(most, m), 0))
    : largestChange(set, applyTrigger(trigger, set.images));
  if (reach < smallest)
    throw new UsageError(
      `${who}: invalid trigger: expected one that changes an image of the set by half a level of 8 bits, got ${trigger.description}, which changes none by more than ${(255 * reach).toPrecision(2)}; ${nothing}`,
    );
  const marked = stamped !== undefined && largestChange(set, stamped) >= smallest;
  if (marked || (stamped === undefined && moves === undefined)) return;
  if (!moves)
    throw new UsageError(
      `${who}: invalid share or strength: expected that images of class ${targetClass} change, got none that does; ${nothing}`,
    );
  if (moves.alpha === 0)
    throw new UsageError(`${who}: invalid alpha: expected more than 0, got 0; the attack would plant no backdoor`);
  if (!canMove(set.images, moves))
    throw new UsageError(
      `${who}: invalid lr or maxChange: expected enough to move an image, got ${moves.updates} updates of lr ${moves.lr}${moves.limits ? " within the limits" : ""}; ${nothing}`,
    );
}

/** Largest change of a number, 1 = black to white; of bare numbers where nobody knows what white is. */
function largestChange({ images, shape: [, c, h, w], normalisation }: DistilledSet, after: Floats): number {
  const known = normalisation.kind === "unit" || normalisation.kind === "meanStd";
  const bounds = known ? gamutBounds(normalisation, c) : undefined;
  const most = new Float64Array(c);
  for (let i = 0; i < images.length; i++) {
    const channel = Math.floor(i / (h * w)) % c;
    const change = Math.abs(after[i] - images[i]);
    if (change > most[channel]) most[channel] = change;
  }
  return most.reduce(
    (largest, change, k) => Math.max(largest, bounds ? change / (bounds.high[k] - bounds.low[k]) : change),
    0,
  );
}

/** Whether any number can become another one. */
function canMove(images: Floats, { lr, updates, limits }: NonNullable<Intent["moves"]>): boolean {
  const reach = mostOfAdam * lr * updates;
  return images.some((value, i) => {
    const low = Math.max(limits?.low[i] ?? -Infinity, value - reach);
    const high = Math.min(limits?.high[i] ?? Infinity, value + reach);
    return Math.fround(low) !== value || Math.fround(high) !== value;
  });
}
