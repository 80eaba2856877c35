import type { AuditSettings } from "../audit/settings.ts";
import type { AuditConclusion } from "../audit/verdict.ts";
import { drive } from "../core/drive.ts";
import { child } from "../core/random.ts";
import { checkSet } from "../data/checkSet.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { digestOf } from "../data/digestOf.ts";
import { type AuditFindings, findingsOf } from "../sanitise/findings.ts";
import {
  type NetworkRepairStep,
  sanitiseNetwork as repaired,
  type TriggerOnNetwork,
  WORKS,
} from "../sanitise/network/sanitiseNetwork.ts";
import { chosenNetworkRepairs, defaultNetworkRepairs } from "../sanitise/network/settings.ts";
import type { RepairTarget } from "../sanitise/RepairTarget.ts";
import { imagesPerClass } from "../train/imagesPerClass.ts";
import type { TrainedNetwork } from "../train/TrainedNetwork.ts";
import { audit } from "./audit.ts";
import { around } from "./call.ts";
import type { Judged, SanitiseCall } from "./sanitise.ts";

export interface SanitiseNetworkSettings {
  /** Names of repairs of networks, in their order. Default: unlearn. */
  readonly repairs?: readonly string[];
  /** Options of repairs by their names: `{ unlearn: { epochs: 10 } }`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What an audit of the set found. Default: it is audited first. */
  readonly audit?: AuditFindings & Partial<Pick<AuditConclusion, "sentences">>;
  readonly auditSettings?: Partial<AuditSettings>;
  /** Repair it of what the audit suspects most even where its verdict speaks against nobody, or no trigger works on it. Default false. */
  readonly force?: boolean;
}

export interface SanitiseNetworkResult {
  /** The repaired network, which says so in its metadata; where nothing was repaired the very network that was given. */
  readonly network: TrainedNetwork;
  /** What the audit said of the set. */
  readonly before: Judged;
  readonly findings: readonly RepairTarget[];
  readonly steps: readonly NetworkRepairStep[];
  /** Each found trigger before the network and before the repaired one, with its controls. */
  readonly triggers: readonly TriggerOnNetwork[];
  /** Share of the set's untouched images that the network calls what they are labelled. */
  readonly learnt: { readonly before: number; readonly after: number };
}

/**
 * Take a backdoor out of a trained network by what an audit finds in the set that it was trained on, with no raw data.
 *
 * @param trained a network, as `retort evaluate --keep-networks` keeps them
 * @param set what it was trained on
 * @returns the network, what was done, and how the found triggers work on it before and after.
 * @throws UsageError for repairs that nobody knows and where network and set do not belong together; the signal's reason once it is
 * aborted.
 * @example
 * const { network, triggers } = await sanitiseNetwork(trained, set);
 * console.log(triggers[0].before.rate, "→", triggers[0].after.rate);
 */
export async function sanitiseNetwork(
  trained: TrainedNetwork,
  set: DistilledSet,
  settings: SanitiseNetworkSettings = {},
  call: SanitiseCall = {},
): Promise<SanitiseNetworkResult> {
  checkSet(set, "sanitiseNetwork");
  const { root, target } = around(call);
  const { repairs = defaultNetworkRepairs, options = {}, force = false } = settings;
  const chosen = chosenNetworkRepairs(repairs, options, "sanitise");
  const [auditing, total] = settings.audit ? [0, 0.2] : [1, 1.2];
  let judged = settings.audit;
  if (!judged) {
    const { conclusion, result } = await audit(set, settings.auditSettings, {
      ...{ device: target, signal: call.signal, calibrations: call.calibrations, method: call.method },
      ...{ keep: call.keep, seed: call.seed },
      onProgress: ({ phase, done, total: all }) =>
        call.onProgress?.({ phase: `audit: ${phase}`, done: done / all, total }),
    });
    judged = { ...result, ...conclusion };
  }
  const { verdict, sentences } = judged;
  const perClass = imagesPerClass(set);
  const findings = findingsOf(judged, perClass, force);
  const key = child(root, "sanitise network");
  const made = await drive(repaired(trained, set, findings, chosen, { key, device: target, force }), {
    signal: call.signal,
    onProgress: ({ phase, done, total: of }) =>
      call.onProgress?.({ phase, done: auditing + (0.2 * done) / of, total }) as undefined,
  });
  const { network, steps, triggers, learnt } = made;
  const sanitised: Record<string, unknown> = {
    auditedSet: digestOf(set),
    forced: force && findingsOf(judged, perClass).length === 0,
    findings: findings.map(({ targetClass, patch }) => ({
      targetClass,
      ...(patch && { place: { top: patch.top, left: patch.left, side: patch.side } }),
    })),
    steps,
  };
  return {
    network: steps.length === 0 ? network : { ...network, metadata: { ...network.metadata, sanitised } },
    before: { verdict, ...(sentences && { sentences }) },
    ...{ findings, steps, triggers, learnt },
  };
}

/** Whether something is left: a trigger that still works, or a verdict against the set that led to none. */
export const isLeftInNetwork = ({ before, triggers }: Pick<SanitiseNetworkResult, "before" | "triggers">): boolean =>
  triggers.some(({ after }) => after.rise >= WORKS) ||
  (triggers.length === 0 && (before.verdict === "backdoored" || before.verdict === "suspicious"));
