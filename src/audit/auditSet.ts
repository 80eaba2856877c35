import { Scope } from "../core/closable.ts";
import { lookUp, UsageError } from "../core/errors.ts";
import { hashJson } from "../core/hash.ts";
import type { Keep } from "../core/Keep.ts";
import { child, type Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { digestOf } from "../data/digestOf.ts";
import type { Device } from "../engine/device.ts";
import { type Coherence, coherence } from "../metrics/coherence.ts";
import { imagesPerClass, presentClasses } from "../train/imagesPerClass.ts";
import type { LearnerState } from "../train/Learner.ts";
import { type AuditedSet, auditedSet } from "./AuditedSet.ts";
import { bench, NETWORKS } from "./bench.ts";
import { confirm } from "./confirm.ts";
import { detectorRegistry, detectorsAt } from "./detectorRegistry.ts";
import {
  type Detection,
  type Detector,
  type DetectorContext,
  type ImageContext,
  readsNetworks,
  speaksForVerdict,
} from "./detectors/Detector.ts";
import { Finished } from "./Finished.ts";
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
  /** Accuracy of the audit's networks on the set itself: networks that do not learn it can say nothing. Absent: none was asked. */
  readonly learnt?: number;
}

export interface AuditProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** A candidate before networks that did not search for it. */
type Judged = Candidate & Pick<Suspect, "detector" | "held">;

/** Shares of the work, for the bar. */
const WORK = { networks: 40, search: 40, support: 15, read: 5 };
const TOTAL = 100;

export interface AuditWork {
  readonly key: Key;
  readonly device: Device;
  /** Keeps the trained networks and what each detector found: an audit that was stopped goes on from there, with the same bytes. */
  readonly keep?: Keep;
  /** Follow no suspect: the scores that a library of clean sets holds, in about half the time. They are the same. */
  readonly scoresAlone?: boolean;
  /** Ends the audit within a detector too: that one is asked again when the audit goes on. */
  readonly signal?: AbortSignal;
}

/**
 * Look for a backdoor in a set with no clean copy and no raw data: networks trained on the set are asked which patches call a
 * class on pictures that are none of it, and whether a few images of the class are what teaches that.
 *
 * A pure function of the set, the settings and the key.
 *
 * @throws UsageError where the set does not lead to pixels, or for a detector or network that nobody knows; the signal's reason.
 */
export async function* auditSet(
  set: DistilledSet,
  settings: AuditSettings,
  { key, device, keep, signal, scoresAlone = false }: AuditWork,
): AsyncGenerator<AuditProgress, AuditResult> {
  const audited = auditedSet(set);
  const { shape, labels } = audited;
  const present = presentClasses(set).size;
  if (present < 2)
    throw new UsageError(`audit: invalid set ${set.name}: expected images of two classes or more, got of ${present}`);
  const at = (phase: string, done: number): AuditProgress => ({ phase, done, total: TOTAL });
  const perClass = imagesPerClass(set);
  const named = detectorsOf(settings);
  const asked = named.filter((name) => perClass >= leastImages(name));
  const finished = new Finished(keep, keep ? nameOf(set, settings, key) : "");
  await using scope = new Scope();
  const panel = scope.hold(new Panel(audited, settings, device, signal));
  const networks = asked.some((name) => readsNetworks(detectorRegistry[name])) ? 2 * NETWORKS : 0;
  const born = Array.from({ length: networks }, (_, i) => child(key, "network", i));
  const states: LearnerState[] = [];
  for (const [i, from] of born.entries()) {
    yield at("networks", (WORK.networks * i) / networks);
    states.push(await finished.get(`network-${i}`, () => panel.train(audited, from)));
  }
  const learnt = networks > 0 ? await finished.get("learnt", () => accuracy(panel, states, audited)) : undefined;
  const candidates: Candidate[] = [];
  const suspects: Suspect[] = [];
  // Who was named and has nothing to say of so few images says so.
  const findings: NamedDetection[] = (settings.detectors ?? [])
    .filter((name) => !asked.includes(name))
    .map((name) => ({ detector: name, score: 0, cost: 0, note: `asks for ${leastImages(name)} images a class` }));
  const judging = born.slice(NETWORKS);
  const images: ImageContext = { audited, settings, device, key };
  let seated: Promise<DetectorContext> | undefined;
  // Where all was found before, nobody is asked.
  const seat = () =>
    (seated ??= bench(panel, audited, states, key, device, scope).then((those) => ({
      ...images,
      ...those,
      ...{ panel, states, suspects, findings, born: judging },
      get found() {
        return Array.from({ length: audited.classes }, (_, t) =>
          candidates.filter(({ targetClass }) => targetClass === t).sort((a, b) => b.found - a.found),
        );
      },
    })));
  /** Ask a detector, and judge what it hands on. */
  const ask = async (name: string) => {
    const answer = await finished.get(`finding-${name}`, async () => {
      const detector = detectorRegistry[name];
      const own = child(key, name);
      if (!readsNetworks(detector)) {
        const { candidates: _, ...finding } = await detector.run({ ...images, key: own });
        return { finding: { detector: name, ...finding, cost: 0 }, judged: [] };
      }
      const context = await seat();
      const before = panel.cost;
      const found = await detector.run({ ...context, found: context.found, key: own });
      const { candidates: handed = [], ...finding } = found;
      const cost = panel.cost - before;
      const passed = detector.phase === "search" ? handed : [];
      const rates = await context.held.judgeAll(passed.map(({ patch }) => patch));
      const judged = passed.map((one, k): Judged => ({ ...one, detector: name, held: rates[k].rate[one.targetClass] }));
      return { finding: { detector: name, ...finding, cost }, judged };
    });
    findings.push(answer.finding);
    return answer;
  };

  const judged: Judged[] = [];
  let supportCost = 0;
  const follow = async (one: Judged, nth: string | number): Promise<Suspect> => {
    const { support, confirmation, cost } = await finished.get(`support-${nth}`, async () => {
      const { held } = await seat();
      const before = panel.cost;
      const support = await supportDrop(audited, held, one, judging, child(key, "support", nth));
      const other = judged.find(({ targetClass }) => targetClass !== one.targetClass);
      const confirmation = await confirm(held, one, other?.patch, shape);
      return { support, confirmation, cost: panel.cost - before };
    });
    supportCost += cost;
    return { ...one, support, confirmation };
  };
  // Those that the verdict follows from come first and by themselves: their scores are the same whatever else is asked, and so is what they
  // are compared with.
  const rounds = [true, false].map((first) =>
    asked.filter((name) => speaksForVerdict(detectorRegistry[name]) === first),
  );
  let done = WORK.networks;
  for (const [round, names] of rounds.entries()) {
    const share = names.length / asked.length;
    const inPhase = (...phases: Detector["phase"][]) =>
      phases.flatMap((phase) => names.filter((name) => detectorRegistry[name].phase === phase));
    const searching = inPhase("search");
    const own: Judged[] = [];
    for (const [i, detector] of searching.entries()) {
      yield at(detector, done + (share * WORK.search * i) / searching.length);
      const found = (await ask(detector)).judged;
      candidates.push(...found);
      own.push(...found);
    }
    done += share * WORK.search;
    own.sort((a, b) => b.held - a.held);
    judged.push(...own);
    judged.sort((a, b) => b.held - a.held);
    for (const [i, one] of differing(own, scoresAlone ? 0 : settings.followed).entries()) {
      yield at("support", done + (share * WORK.support * i) / settings.followed);
      suspects.push(await follow(one, round === 0 ? i : `${one.detector}-${i}`));
    }
    suspects.sort((a, b) => b.support.drop - a.support.drop);
    done += share * WORK.support;
    const last = inPhase("judge", "read", "weigh");
    const late: Suspect[] = [];
    for (const [i, detector] of last.entries()) {
      yield at(detector, done + (share * WORK.read * i) / last.length);
      const { score, targetClass, patch, images } = (await ask(detector)).finding;
      // What speaks for the verdict and was not searched for is followed as well, but for no detector to read.
      if (scoresAlone || !speaksForVerdict(detectorRegistry[detector]) || targetClass === undefined || !patch) continue;
      const seen = detectorRegistry[detector].phase === "read" ? images : undefined;
      const own = seen?.filter((i) => labels[i] === targetClass);
      const one: Judged = { targetClass, patch, found: score, held: score, detector, ...(own && { images: own }) };
      const known = [...suspects, ...late];
      if (!own && differing([...known, one], known.length + 1).length === known.length) continue;
      const followed = await follow(one, detector);
      const { rate } = followed.confirmation;
      late.push({ ...followed, found: rate, held: rate });
    }
    suspects.push(...late);
    suspects.sort((a, b) => b.support.drop - a.support.drop);
    done += share * WORK.read;
  }
  // What was done for every suspect belongs to the detector that reads it.
  const costs = findings.map((one) =>
    one.detector === "supportDrop" ? { ...one, cost: one.cost + supportCost } : one,
  );
  const shared = perClass >= 3 ? coherence(audited) : [];
  return {
    suspects,
    findings: costs,
    coherence: shared,
    imagesPerClass: perClass,
    ...(learnt !== undefined && { learnt }),
  };
}

/** Images a class that a detector asks for. */
const leastImages = (name: string): number => detectorRegistry[name].leastImages ?? 1;

/** Names an audit where its parts are kept: by all that they follow from. */
const nameOf = (set: DistilledSet, settings: AuditSettings, { hex }: Key): string =>
  `audit-${hashJson({ set: digestOf(set), settings, key: hex }).slice(0, 16)}`;

/** Share of the set's own images that its networks call what they are labelled. */
async function accuracy(
  panel: Panel,
  states: readonly LearnerState[],
  { pixels, labels }: AuditedSet,
): Promise<number> {
  let right = 0;
  for (const state of states)
    (await panel.calls(state, pixels)).forEach((call, i) => {
      if (call === labels[i]) right += 1 / (states.length * labels.length);
    });
  return right;
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
