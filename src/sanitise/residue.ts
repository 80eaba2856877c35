import { type AuditedSet, auditedSet, repainted } from "../audit/AuditedSet.ts";
import { carriers } from "../audit/carriers.ts";
import { Jury } from "../audit/Jury.ts";
import { Panel } from "../audit/Panel.ts";
import { defaultAudit } from "../audit/settings.ts";
import { Scope } from "../core/closable.ts";
import { child, type Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { toPixels } from "../data/normalise.ts";
import type { Device } from "../engine/device.ts";
import type { LearnerState } from "../train/Learner.ts";
import type { RepairTarget } from "./RepairTarget.ts";

/** What is left of the found triggers, before networks and pictures that took no part. Rates are fractions. */
export interface Residue {
  /** Success of each found trigger before and after, in the order of the findings; none for one without a patch. */
  readonly triggers: readonly { readonly targetClass: number; readonly before: number; readonly after: number }[];
  /** Share of the given set's untouched images that networks call what they are labelled. */
  readonly learnt: { readonly before: number; readonly after: number };
}

const NETWORKS = 3;
const PICTURES = 32;

/**
 * Train networks on a set before and after its repair, from the same initial weights, and show them the found triggers on pictures
 * that are none of it.
 *
 * @returns shares of the work, then what is left.
 */
export async function* residue(
  before: DistilledSet,
  after: DistilledSet,
  findings: readonly RepairTarget[],
  { key, device }: { readonly key: Key; readonly device: Device },
): AsyncGenerator<number, Residue> {
  const audited = auditedSet(before);
  const repaired = inSpaceOf(audited, after);
  const shown = carriers(audited, PICTURES, child(key, "pictures"));
  const touched = new Set(findings.flatMap(({ images }) => images));
  const rows = [...audited.labels.keys()].filter((i) => !touched.has(i));
  await using scope = new Scope();
  const rates: { success: number[]; learnt: number }[] = [];
  for (const [s, set] of [audited, repaired].entries()) {
    const panel = scope.hold(new Panel(set, defaultAudit, device));
    const states: LearnerState[] = [];
    for (let i = 0; i < NETWORKS; i++) {
      states.push(await panel.train(set, child(key, "network", i)));
      yield (s * NETWORKS + i + 1) / (2 * NETWORKS);
    }
    const jury = await Jury.seat(panel, states, shown, audited.shape);
    const success: number[] = [];
    for (const { patch, targetClass } of findings) if (patch) success.push((await jury.judge(patch)).rate[targetClass]);
    let right = 0;
    for (const state of states) {
      const calls = await panel.calls(state, audited.pixels);
      right += rows.filter((i) => calls[i] === audited.labels[i]).length / Math.max(1, rows.length) / NETWORKS;
    }
    rates.push({ success, learnt: right });
  }
  const [was, is] = rates;
  const triggers = findings
    .filter(({ patch }) => patch !== undefined)
    .map(({ targetClass }, i) => ({ targetClass, before: was.success[i], after: is.success[i] }));
  return { triggers, learnt: { before: was.learnt, after: is.learnt } };
}

/** Another set in the space of an audited one, so that networks of both see the same numbers. */
function inSpaceOf(audited: AuditedSet, set: DistilledSet): AuditedSet {
  return repainted(
    { ...audited, set: { ...set, normalisation: audited.set.normalisation } },
    toPixels(set.images, set.shape, set.normalisation),
  );
}
