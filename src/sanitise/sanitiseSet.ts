import { within } from "../core/drive.ts";
import { UsageError } from "../core/errors.ts";
import { child, type Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { describeNormalisation } from "../data/normalise.ts";
import type { Device } from "../engine/device.ts";
import type { Repaired } from "./Repair.ts";
import type { RepairTarget } from "./RepairTarget.ts";
import type { ChosenRepair } from "./settings.ts";

/** What one repair did. */
export interface RepairStep {
  readonly repair: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Rows of the set that was given whose image changed. */
  readonly changed: readonly number[];
  /** Rows of it that were taken out. */
  readonly removed: readonly number[];
  /** Images that were added. */
  readonly added: number;
}

export interface SanitisedSet {
  readonly set: DistilledSet;
  readonly steps: readonly RepairStep[];
  /** Row of the set that was given that each image was, −1 for one that was added: [M]. */
  readonly origin: Int32Array;
}

export interface SanitiseProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/**
 * Repair a set of what an audit found, one repair after the other. Says nothing of whether that helped: audit the result.
 *
 * A pure function of its arguments.
 *
 * @throws UsageError where the set does not lead to pixels, or a repair needs what no finding has.
 */
export async function* sanitiseSet(
  set: DistilledSet,
  findings: readonly RepairTarget[],
  repairs: readonly ChosenRepair[],
  { key, device }: { readonly key: Key; readonly device: Device },
): AsyncGenerator<SanitiseProgress, SanitisedSet> {
  checkPixels(set);
  for (const { name, repair } of repairs) {
    const served =
      repair.needs === "nothing" ||
      findings.some((one) => (repair.needs === "place" ? one.patch !== undefined : one.images.length > 0));
    if (!served && findings.length > 0)
      throw new UsageError(
        `sanitise: invalid repair: expected one that needs no ${repair.needs === "place" ? "trigger" : "images that carry something"}, got ${name}: the audit found none`,
      );
  }
  let now: Repaired = { set, origin: Int32Array.from({ length: set.shape[0] }, (_, i) => i) };
  let left = findings;
  const steps: RepairStep[] = [];
  for (const [i, { name, repair, options }] of repairs.entries()) {
    const phase = (done: number): SanitiseProgress => ({ phase: name, done: i + done, total: repairs.length });
    yield phase(0);
    const work = repair.run(now.set, left, options, { key: child(key, "repair", i), device });
    const next = yield* within(work, phase);
    steps.push(stepOf(name, options, now, next));
    const origin = Int32Array.from(next.origin, (row) => (row < 0 ? -1 : now.origin[row]));
    const to = new Map([...next.origin.entries()].filter(([, row]) => row >= 0).map(([at, row]) => [row, at]));
    left = left.map((one) => ({ ...one, images: one.images.flatMap((row) => to.get(row) ?? []) }));
    now = { set: next.set, origin };
  }
  return { set: now.set, steps, origin: now.origin };
}

function stepOf(repair: string, options: RepairStep["options"], before: Repaired, after: Repaired): RepairStep {
  const size = before.set.images.length / before.set.shape[0];
  const changed: number[] = [];
  after.origin.forEach((row, i) => {
    if (row < 0) return;
    const [was, is] = [
      before.set.images.subarray(row * size, (row + 1) * size),
      after.set.images.subarray(i * size, (i + 1) * size),
    ];
    if (is.some((v, p) => v !== was[p]) && before.origin[row] >= 0) changed.push(before.origin[row]);
  });
  const kept = new Set(after.origin);
  const removed = [...before.origin.entries()].filter(([row, own]) => own >= 0 && !kept.has(row)).map(([, own]) => own);
  return { repair, options, changed, removed, added: after.origin.filter((row) => row < 0).length };
}

function checkPixels({ normalisation, name }: DistilledSet): void {
  if (normalisation.kind === "unknown" || (normalisation.kind === "zca" && !normalisation.whitening))
    throw new UsageError(
      `sanitise: invalid set ${name}: expected a normalisation that leads to pixels, got ${describeNormalisation(normalisation)}`,
    );
}
