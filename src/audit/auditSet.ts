import { Scope } from "../core/closable.ts";
import { lookUp } from "../core/errors.ts";
import { child, type Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Device } from "../engine/device.ts";
import type { LearnerState } from "../train/Learner.ts";
import { auditedSet } from "./AuditedSet.ts";
import { carriers } from "./carriers.ts";
import { type Coherence, coherence } from "./coherence.ts";
import { confirm } from "./confirm.ts";
import { detectorRegistry, detectorsAt } from "./detectorRegistry.ts";
import type { Detection, Detector, DetectorContext, Found } from "./detectors/Detector.ts";
import { inverter } from "./inversion.ts";
import { Jury } from "./Jury.ts";
import { Panel } from "./Panel.ts";
import type { Suspect } from "./Suspect.ts";
import type { AuditSettings } from "./settings.ts";
import { supportDrop } from "./supportDrop.ts";
import type { Candidate } from "./transplant.ts";

export type { Suspect };

/** What a detector found, by its name in the registry. */
export interface NamedDetection extends Detection {
  readonly detector: string;
  /** Forward passes that it took, one a picture; a step of training counts three an image. */
  readonly cost: number;
}

export interface AuditResult {
  /** Most suspicious first. */
  readonly suspects: readonly Suspect[];
  readonly findings: readonly NamedDetection[];
  /** Details that images of one class share, by scale; none with fewer than three images a class. */
  readonly coherence: readonly Coherence[];
  readonly imagesPerClass: number;
  /** Accuracy of the audit's networks on the set itself: networks that do not learn it can say nothing. */
  readonly learnt: number;
}

export interface AuditProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** A candidate before networks that did not search for it. */
type Judged = Candidate & Pick<Suspect, "detector" | "held">;

/** Networks that search, and as many others that judge; pictures of each. */
const NETWORKS = 3;
const PICTURES = 32;
/** Shares of the work, for the bar. */
const WORK = { networks: 40, search: 40, support: 15, read: 5 };
const TOTAL = 100;

/**
 * Look for a backdoor in a set with no clean copy and no raw data: networks trained on the set are asked which patches call a
 * class on pictures that are none of it, and whether a few images of the class are what teaches that.
 *
 * A pure function of the set, the settings and the key.
 *
 * @throws UsageError where the set does not lead to pixels, or for a detector or network that nobody knows.
 */
export async function* auditSet(
  set: DistilledSet,
  settings: AuditSettings,
  { key, device }: { readonly key: Key; readonly device: Device },
): AsyncGenerator<AuditProgress, AuditResult> {
  const audited = auditedSet(set);
  const { shape, labels } = audited;
  const at = (phase: string, done: number): AuditProgress => ({ phase, done, total: TOTAL });
  const imagesPerClass = labels.length / audited.classes;
  const asked = detectorsOf(settings).filter((name) => imagesPerClass >= (detectorRegistry[name].leastImages ?? 1));
  const inPhase = (phase: Detector["phase"]) => asked.filter((name) => detectorRegistry[name].phase === phase);
  await using scope = new Scope();
  const panel = scope.hold(new Panel(audited, settings, device));
  const born = Array.from({ length: 2 * NETWORKS }, (_, i) => child(key, "network", i));
  const states: LearnerState[] = [];
  for (const from of born) {
    yield at("networks", (WORK.networks * states.length) / born.length);
    states.push(await panel.train(audited, from));
  }
  let right = 0;
  for (const state of states)
    (await panel.calls(state, audited.pixels)).forEach((call, i) => {
      if (call === labels[i]) right += 1 / (states.length * labels.length);
    });
  const juryOf = (some: readonly LearnerState[], name: string) =>
    Jury.seat(panel, some, carriers(audited, PICTURES, child(key, name)), shape);
  const search = await juryOf(states.slice(0, NETWORKS), "search");
  const held = await juryOf(states.slice(NETWORKS), "held");
  const descent = scope.hold(await inverter(audited, search, device));
  const candidates: Candidate[] = [];
  const suspects: Suspect[] = [];
  const context: DetectorContext = {
    ...{ audited, settings, panel, search, held, states, descent, device, suspects, key },
    born: born.slice(NETWORKS),
    get found() {
      return Array.from({ length: audited.classes }, (_, t) =>
        candidates.filter(({ targetClass }) => targetClass === t).sort((a, b) => b.found - a.found),
      );
    },
  };
  const findings: NamedDetection[] = [];
  const ask = async (detector: string): Promise<Found> => {
    const before = panel.cost;
    const found = await detectorRegistry[detector].run({ ...context, found: context.found, key: child(key, detector) });
    const { candidates: _, ...finding } = found;
    findings.push({ detector, ...finding, cost: panel.cost - before });
    return found;
  };

  let done = WORK.networks;
  const judged: Judged[] = [];
  for (const [i, detector] of inPhase("search").entries()) {
    yield at(detector, done + (WORK.search * i) / inPhase("search").length);
    const found = (await ask(detector)).candidates ?? [];
    candidates.push(...found);
    const rates = await held.judgeAll(found.map(({ patch }) => patch));
    found.forEach((one, k) => {
      judged.push({ ...one, detector, held: rates[k].rate[one.targetClass] });
    });
  }
  done += WORK.search;
  judged.sort((a, b) => b.held - a.held);
  const followed = async (one: Judged, key: Key): Promise<Suspect> => {
    const support = await supportDrop(audited, held, one, context.born, key);
    const other = judged.find(({ targetClass }) => targetClass !== one.targetClass);
    return { ...one, support, confirmation: await confirm(held, one, other?.patch, shape) };
  };
  const supportFrom = panel.cost;
  for (const [i, one] of differing(judged, settings.followed).entries()) {
    yield at("support", done + (WORK.support * i) / settings.followed);
    suspects.push(await followed(one, child(key, "support", i)));
  }
  suspects.sort((a, b) => b.support.drop - a.support.drop);
  done += WORK.support;
  let supportCost = panel.cost - supportFrom;
  const last = [...inPhase("judge"), ...inPhase("read")];
  const late: Suspect[] = [];
  for (const [i, detector] of last.entries()) {
    yield at(detector, done + (WORK.read * i) / last.length);
    const { score, targetClass, patch } = await ask(detector);
    // What speaks for the verdict and was not searched for is followed as well, but for no detector to read.
    if (!detectorRegistry[detector].decisive || targetClass === undefined || !patch) continue;
    const one: Judged = { targetClass, patch, found: score, held: score, detector };
    if (differing([...suspects, one], suspects.length + 1).length === suspects.length) continue;
    const before = panel.cost;
    late.push(await followed(one, child(key, "support", detector)));
    supportCost += panel.cost - before;
  }
  suspects.push(...late);
  suspects.sort((a, b) => b.support.drop - a.support.drop);
  // What was done for every suspect belongs to the detector that reads it.
  const costs = findings.map((one) =>
    one.detector === "supportDrop" ? { ...one, cost: one.cost + supportCost } : one,
  );
  const shared = imagesPerClass >= 3 ? coherence(audited) : [];
  return { suspects, findings: costs, coherence: shared, imagesPerClass, learnt: right };
}

/** Names of the detectors that an audit asks. */
export const detectorsOf = ({ detectors, level }: AuditSettings): string[] =>
  detectors ? detectors.map((name) => known(name)) : detectorsAt(level);

function known(name: string): string {
  lookUp<Detector>(detectorRegistry, name, "audit", "detector");
  return name;
}

/** The first so many that differ in class or place: neighbours of one find say the same. */
function differing<T extends Candidate>(all: readonly T[], count: number): T[] {
  const chosen: T[] = [];
  for (const one of all) {
    if (chosen.length === count) break;
    const same = chosen.some(
      ({ targetClass, patch }) =>
        targetClass === one.targetClass &&
        patch.side === one.patch.side &&
        patch.mask === one.patch.mask &&
        Math.max(Math.abs(patch.top - one.patch.top), Math.abs(patch.left - one.patch.left)) <= 2,
    );
    if (!same) chosen.push(one);
  }
  return chosen;
}
