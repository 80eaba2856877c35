import { type AuditedSet, auditedSet } from "../../audit/AuditedSet.ts";
import { carriers } from "../../audit/carriers.ts";
import { type Confirmation, confirm } from "../../audit/confirm.ts";
import { Jury } from "../../audit/Jury.ts";
import { Panel } from "../../audit/Panel.ts";
import { Scope } from "../../core/closable.ts";
import { within } from "../../core/drive.ts";
import { UsageError } from "../../core/errors.ts";
import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { fromPixels } from "../../data/normalise.ts";
import type { Device } from "../../engine/device.ts";
import type { Floats } from "../../nn/Network.ts";
import { received } from "../../train/inputTransform.ts";
import { networkDefinition, type TrainedNetwork } from "../../train/TrainedNetwork.ts";
import { targetsOf } from "../../train/targets.ts";
import { inpaint } from "../inpaint.ts";
import { picturesOf } from "../pictures.ts";
import type { Repaired } from "../Repair.ts";
import type { RepairTarget } from "../RepairTarget.ts";
import type { SanitiseProgress } from "../sanitiseSet.ts";
import type { Parameters, TuningData } from "./NetworkRepair.ts";
import type { ChosenNetworkRepair } from "./settings.ts";

/** What one repair of a network did. */
export interface NetworkRepairStep {
  readonly repair: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly said: Readonly<Record<string, number>>;
}

/** A found trigger before a network: with it, and its controls. */
export interface TriggerOnNetwork {
  readonly targetClass: number;
  readonly before: Confirmation;
  readonly after: Confirmation;
}

export interface SanitisedNetwork {
  /** The very network that was given where nothing was repaired. */
  readonly network: TrainedNetwork;
  readonly steps: readonly NetworkRepairStep[];
  /** In the order of the findings that have a patch, on pictures that took no part in the repair. */
  readonly triggers: readonly TriggerOnNetwork[];
  /** Share of the set's untouched images that the network calls what they are labelled. */
  readonly learnt: { readonly before: number; readonly after: number };
}

/** Pictures without labels that a repair may use, and others that judge it. */
const CARRIERS = 64;
const JUDGING = 128;
/** Least rise over the controls, lower end against upper end of their intervals, from which a trigger is said to work. */
export const WORKS = 0.1;

/**
 * Repair a trained network of the triggers that an audit of its set found.
 *
 * A pure function of its arguments. A network on which no found trigger works is left as it is.
 *
 * @param force repair it all the same
 * @throws UsageError where network and set do not belong together.
 */
export async function* sanitiseNetwork(
  trained: TrainedNetwork,
  set: DistilledSet,
  findings: readonly RepairTarget[],
  repairs: readonly ChosenNetworkRepair[],
  { key, device, force = false }: { readonly key: Key; readonly device: Device; readonly force?: boolean },
): AsyncGenerator<SanitiseProgress, SanitisedNetwork> {
  checkPair(trained, set);
  const audited = inSpaceOf(trained, auditedSet(set));
  const { shape, labels } = audited;
  await using scope = new Scope();
  const { network, width } = trained;
  const panel = scope.hold(new Panel(audited, { network, width, epochs: 1 }, device));
  const shown = carriers(audited, JUDGING, child(key, "pictures"));
  const touched = new Set(findings.flatMap(({ images }) => images));
  const rows = [...labels.keys()].filter((i) => !touched.has(i));
  const asked = async ({ weights, running }: Parameters) => {
    const state = panel.learner.start(weights, running);
    const jury = await Jury.seat(panel, [state], shown, shape);
    const triggers: Confirmation[] = [];
    for (const { patch, targetClass } of findings)
      if (patch) triggers.push(await confirm(jury, { patch, targetClass, found: 0 }, undefined, shape));
    const calls = await panel.calls(state, audited.pixels);
    return { triggers, learnt: rows.filter((i) => calls[i] === labels[i]).length / Math.max(1, rows.length) };
  };
  const before = await asked(trained);
  const report = (after: typeof before) => ({
    triggers: findings
      .filter(({ patch }) => patch !== undefined)
      .map(({ targetClass }, i) => ({ targetClass, before: before.triggers[i], after: after.triggers[i] })),
    learnt: { before: before.learnt, after: after.learnt },
  });
  if (!force && !before.triggers.some(({ rise }) => rise >= WORKS))
    return { network: trained, steps: [], ...report(before) };

  const data = await tuningData(trained, set, audited, findings, key, device);
  let parameters: Parameters = { weights: trained.weights, running: trained.running };
  const steps: NetworkRepairStep[] = [];
  for (const [i, { name, repair, options }] of repairs.entries()) {
    const context = { learner: panel.learner, key: child(key, "repair", i) };
    const work = repair.run(parameters, data, findings, options, context);
    const end = yield* within(work, (share) => ({ phase: name, done: i + share, total: repairs.length }));
    parameters = end.parameters;
    steps.push({ repair: name, options, said: end.said });
  }
  return { network: { ...trained, ...parameters }, steps, ...report(await asked(parameters)) };
}

/** The set as there is nothing found in it, and pictures that are none of it. */
async function tuningData(
  { normalisation, receives }: TrainedNetwork,
  set: DistilledSet,
  audited: AuditedSet,
  findings: readonly RepairTarget[],
  key: Key,
  device: Device,
): Promise<TuningData> {
  const context = { key: child(key, "paint"), device };
  const painted = (await inpaint.run(set, findings, inpaint.options.parse({}), context).next()).value as Repaired;
  const [, c, h, w] = set.shape;
  return {
    pixels: picturesOf(painted.set),
    shape: set.shape,
    targets: targetsOf(set),
    labels: audited.labels,
    carriers: carriers(audited, CARRIERS, child(key, "carriers")),
    seen: (pixels: Floats) =>
      fromPixels(received(pixels, receives), [pixels.length / (c * h * w), c, h, w], normalisation),
  };
}

/** A set as a network sees it. */
function inSpaceOf({ normalisation }: TrainedNetwork, audited: AuditedSet): AuditedSet {
  const images = fromPixels(audited.pixels, audited.shape, normalisation);
  return { ...audited, set: { ...audited.set, images, normalisation } };
}

function checkPair(trained: TrainedNetwork, { shape, classes, name }: DistilledSet): void {
  const [, ...image] = shape;
  if (image.join() !== trained.input.join() || classes !== trained.classes)
    throw new UsageError(
      `sanitise: invalid network: expected one of ${classes} classes of images ${image.join("×")} as ${name} has them, got one of ${trained.classes} classes of ${trained.input.join("×")}`,
    );
  networkDefinition(trained, "sanitise");
}
