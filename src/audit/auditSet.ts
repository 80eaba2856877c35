import { Scope } from "../core/closable.ts";
import { child, type Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Device } from "../engine/device.ts";
import type { LearnerState } from "../train/Learner.ts";
import { auditedSet } from "./AuditedSet.ts";
import { carriers } from "./carriers.ts";
import { type Coherence, coherence } from "./coherence.ts";
import { type Confirmation, confirm } from "./confirm.ts";
import { invert } from "./inversion.ts";
import { Jury } from "./Jury.ts";
import { Panel } from "./Panel.ts";
import type { AuditSettings, Detector } from "./settings.ts";
import { type Support, supportDrop } from "./supportDrop.ts";
import { type Candidate, transplant } from "./transplant.ts";

/** A class that something calls, and what speaks for its having been planted. */
export interface Suspect extends Candidate {
  readonly detector: Detector;
  /** Success before networks and pictures that did not search. */
  readonly held: number;
  readonly support: Support;
  readonly confirmation: Confirmation;
}

export interface AuditResult {
  /** Most suspicious first. */
  readonly suspects: readonly Suspect[];
  readonly coherence: readonly Coherence[];
  /** Accuracy of the audit's networks on the set itself: networks that do not learn it can say nothing. */
  readonly learnt: number;
  /** Success of each class's best patch before the networks that did not search, by detector. */
  readonly scores: { readonly transplant: readonly number[]; readonly inversion: readonly number[] };
}

export interface AuditProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Networks that search, and as many others that judge; pictures of each. */
const NETWORKS = 3;
const PICTURES = 32;
/** Shares of the work, for the bar. */
const WORK = { train: 15, transplant: 45, inversion: 25, support: 15 };

/**
 * Look for a backdoor in a set with no clean copy and no raw data: networks trained on the set are asked which patches call a
 * class on pictures that are none of it, and whether a few images of the class are what teaches that.
 *
 * A pure function of the set, the settings and the key.
 *
 * @throws UsageError where the set does not lead to pixels.
 */
export async function* auditSet(
  set: DistilledSet,
  settings: AuditSettings,
  { key, device }: { readonly key: Key; readonly device: Device },
): AsyncGenerator<AuditProgress, AuditResult> {
  const audited = auditedSet(set);
  const { shape, classes } = audited;
  const total = WORK.train + WORK.transplant + WORK.inversion + WORK.support;
  const at = (phase: string, done: number): AuditProgress => ({ phase, done, total });
  await using scope = new Scope();
  const panel = scope.hold(new Panel(audited, settings, device));
  const born = Array.from({ length: 2 * NETWORKS }, (_, i) => child(key, "network", i));
  const states: LearnerState[] = [];
  for (const from of born) {
    yield at("networks", (WORK.train * states.length) / born.length);
    states.push(await panel.train(audited, from));
  }
  let right = 0;
  for (const state of states)
    (await panel.calls(state, audited.pixels)).forEach((call, i) => {
      if (call === audited.labels[i]) right += 1 / (states.length * audited.labels.length);
    });
  const search = await Jury.seat(
    panel,
    states.slice(0, NETWORKS),
    carriers(audited, PICTURES, child(key, "search")),
    shape,
  );
  const held = await Jury.seat(panel, states.slice(NETWORKS), carriers(audited, PICTURES, child(key, "held")), shape);

  yield at("transplant", WORK.train);
  const asked = (one: Detector) => settings.detectors.includes(one);
  const transplanted = asked("transplant")
    ? await transplant(audited, search, { ...settings, refined: 3 }, () => {})
    : Array.from({ length: classes }, (): Candidate[] => []);
  yield at("inversion", WORK.train + WORK.transplant);
  const first = transplanted.map(([best]) => best as Candidate | undefined);
  const inverted = asked("inversion")
    ? await invert(audited, search, first, { side: settings.side, grid: 4, steps: [8, 24] }, device, () => {})
    : [];

  // Everything that was found is judged by networks and pictures that did not search.
  const all = [
    ...transplanted.flat().map((one) => ({ ...one, detector: "transplant" as const })),
    ...inverted.map((one) => ({ ...one, detector: "inversion" as const })),
  ];
  const judged: (Candidate & { detector: Detector; held: number })[] = [];
  for (const one of all) judged.push({ ...one, held: (await held.judge(one.patch)).rate[one.targetClass] });
  const bestOf = (detector: Detector, t: number) =>
    Math.max(0, ...judged.filter((one) => one.detector === detector && one.targetClass === t).map((one) => one.held));
  const scores = {
    transplant: Array.from({ length: classes }, (_, t) => bestOf("transplant", t)),
    inversion: Array.from({ length: classes }, (_, t) => bestOf("inversion", t)),
  };
  const followed = judged.sort((a, b) => b.held - a.held).slice(0, settings.followed);
  const suspects: Suspect[] = [];
  for (const [i, one] of followed.entries()) {
    yield at("support", total - WORK.support + (WORK.support * i) / followed.length);
    const support = await supportDrop(audited, held, one, born.slice(NETWORKS), child(key, "support", i));
    const others = judged.filter(({ targetClass }) => targetClass !== one.targetClass);
    suspects.push({ ...one, support, confirmation: await confirm(held, one, others[0]?.patch, shape) });
  }
  suspects.sort((a, b) => b.support.drop - a.support.drop);
  return { suspects, coherence: ipcOf(audited) >= 3 ? coherence(audited) : [], learnt: right, scores };
}

const ipcOf = ({ labels, classes }: { labels: Int32Array; classes: number }): number => labels.length / classes;
