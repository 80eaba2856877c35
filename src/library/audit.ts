import { type AuditProgress, type AuditResult, auditSet, detectorsOf } from "../audit/auditSet.ts";
import {
  type Calibration,
  calibrationKind,
  decisive,
  fitting,
  madeBy,
  ofMethod,
  type Scores,
  scoresOf,
  significance,
} from "../audit/calibration.ts";
import { calibrations } from "../audit/calibrations.ts";
import { detectorRegistry } from "../audit/detectorRegistry.ts";
import { speaksForVerdict, supersededBy } from "../audit/detectors/Detector.ts";
import { knownStamps, type Power, planted, recognised } from "../audit/power.ts";
import { type AuditSettings, auditOptions } from "../audit/settings.ts";
import { ALPHA, type AuditConclusion, concludeAudit, largeDrop } from "../audit/verdict.ts";
import { drive } from "../core/drive.ts";
import type { Keep } from "../core/Keep.ts";
import { child } from "../core/random.ts";
import { resolveSettings } from "../core/readWhen.ts";
import { checkSet } from "../data/checkSet.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { methodRegistry } from "../distill/methodRegistry.ts";
import { around, type Call } from "./call.ts";

export interface AuditCall extends Call<AuditProgress> {
  /** Libraries of clean sets besides those that come with Retort. */
  readonly calibrations?: readonly Calibration[];
  /** How the set was made, where that is known: p is taken against clean sets of that method alone. Default: against the worst of all. */
  readonly method?: string;
  /** Plant known stamps into the set and audit it again, where nothing is found: twice the time more. Default: no. */
  readonly power?: boolean;
  /** Keeps the trained networks and what each detector found: a call that was stopped, made again, goes on there with the same bytes. */
  readonly keep?: Keep;
}

/**
 * Ask whether a set was backdoored, with no clean copy of it and no raw data.
 *
 * @param settings what differs from the defaults, which the libraries of clean sets were made with
 * @returns the verdict in plain sentences, the suspects with their patches and images, and every score.
 * @throws UsageError for settings that an audit does not have, where the set does not lead to pixels or networks do not fit it, or for a
 * method of which there are no clean sets; the signal's reason once it is aborted.
 * @example
 * const { conclusion, result } = await audit(set);
 * console.log(conclusion.verdict, ...conclusion.sentences);
 */
export async function audit(
  set: DistilledSet,
  settings: Partial<AuditSettings> = {},
  call: AuditCall = {},
): Promise<{ readonly conclusion: AuditConclusion; readonly result: AuditResult }> {
  checkSet(set, "audit");
  const { root, target } = around(call);
  const chosen: AuditSettings = resolveSettings("audit", { options: auditOptions }, { ...settings });
  const work = { key: child(root, "audit"), device: target, keep: call.keep, signal: call.signal };
  const libraries = librariesFor(set, chosen, call.calibrations, call.method);
  const result = await drive(auditSet(set, chosen, work), call);
  const nameOf = (label: number) => (set.classNames ? `“${set.classNames[label]}”` : `class ${label}`);
  const conclude = (power?: readonly Power[]) =>
    concludeAudit(result, significance(scoresOf(result), libraries), nameOf, power);
  const first = conclude();
  const guilty = first.verdict === "backdoored" || first.verdict === "suspicious";
  if (!call.power || guilty) return { conclusion: first, result };
  const power: Power[] = [];
  const again = {
    ...chosen,
    detectors: detectorsOf(chosen).filter((name) => speaksForVerdict(detectorRegistry[name])),
  };
  for (const [i, stamp] of knownStamps.entries()) {
    const key = child(root, "power", i);
    const known = planted(set, stamp, key);
    const seen = await drive(auditSet(known.set, again, work), call);
    const suspect = recognised(seen, known.targetClass, known.patch);
    const worst = decisive(significance(scoresOf(seen), libraries));
    const drop = suspect?.support.drop ?? 0;
    const found = suspect !== undefined && (worst ? worst.p <= ALPHA : drop >= largeDrop(seen.imagesPerClass));
    power.push({ stamp: stamp.name, targetClass: known.targetClass, found, drop });
  }
  return { conclusion: conclude(power), result };
}

/** Scores of a clean set, for a library of such sets: those of `audit`, but for what is asked of suspects, in half the time. */
export async function cleanScores(
  set: DistilledSet,
  settings: Partial<AuditSettings> = {},
  call: Call<AuditProgress> = {},
): Promise<Scores> {
  checkSet(set, "audit");
  const { root, target } = around(call);
  const chosen: AuditSettings = resolveSettings("audit", { options: auditOptions }, { ...settings });
  const work = { key: child(root, "audit"), device: target, signal: call.signal, scoresAlone: true };
  return scoresOf(await drive(auditSet(set, chosen, work), call));
}

/**
 * The libraries, those that come with Retort among them, that fit a set and the settings of an audit.
 *
 * @param method of which sets alone are left; in code, in kebab case or abbreviated
 */
export function librariesFor(
  set: DistilledSet,
  settings: AuditSettings,
  own: readonly Calibration[] = [],
  method?: string,
): Calibration[] {
  const all = fittingSet(set, settings, own);
  return method === undefined ? all : madeBy(all, registered(method), "audit", method);
}

/** Whether libraries that fit a set have clean sets of a method. */
export const isMethodKnown = (
  set: DistilledSet,
  settings: AuditSettings,
  own: readonly Calibration[],
  method: string,
): boolean => ofMethod(fittingSet(set, settings, own), registered(method)).length > 0;

const fittingSet = (set: DistilledSet, settings: AuditSettings, own: readonly Calibration[]): Calibration[] =>
  fitting([...calibrations, ...own], calibrationKind(set), calibrationSettings(settings));

/** A method by its name in the registry, where it has one; else as it was written. */
const registered = (method: string): string =>
  Object.entries(methodRegistry).find(([, { abbreviation }]) => abbreviation === method)?.[0] ?? method;

/** What the scores of an audit depend on, as a library records it. */
export function calibrationSettings(settings: AuditSettings): Calibration["settings"] {
  const { network, width, epochs, side, grid, followed } = settings;
  // The others come after them and change nothing of their scores. One that supersedes others is known by its own scores.
  const first = detectorsOf(settings).filter((name) => {
    const detector = detectorRegistry[name];
    return speaksForVerdict(detector) && supersededBy(detector).length === 0;
  });
  return { detectors: first.join(" "), network, width, epochs, side, grid, followed };
}
