import type { Key } from "../../core/random.ts";
import type { Device } from "../../engine/device.ts";
import type { LearnerState } from "../../train/Learner.ts";
import type { AuditedSet } from "../AuditedSet.ts";
import type { Inverter } from "../inversion.ts";
import type { Jury } from "../Jury.ts";
import type { Panel } from "../Panel.ts";
import type { Patch } from "../Patch.ts";
import type { Suspect } from "../Suspect.ts";
import type { AuditSettings, Level } from "../settings.ts";
import type { Candidate } from "../transplant.ts";

/** What a detector that reads images may look at. */
export interface ImageContext {
  readonly audited: AuditedSet;
  readonly settings: AuditSettings;
  readonly key: Key;
  readonly device: Device;
}

/** What a detector may look at that reads networks. */
export interface DetectorContext extends ImageContext {
  readonly panel: Panel;
  /** Networks and pictures that search, and others that judge. */
  readonly search: Jury;
  readonly held: Jury;
  /** Networks of both, those that search first. */
  readonly states: readonly LearnerState[];
  /** Key of each judging network's initial weights. */
  readonly born: readonly Key[];
  /** What the searching detectors before found: best of each class first. */
  readonly found: readonly (readonly Candidate[])[];
  /** What the detectors before said, by their names in the registry. */
  readonly findings: readonly (Detection & { readonly detector: string })[];
  /** Candidates that were followed, once the search is over. */
  readonly suspects: readonly Suspect[];
  /** Descent before the networks that search. */
  readonly descent: Inverter;
}

/** What a detector says of a set. */
export interface Detection {
  /** Higher is more suspicious. What is usual is for a library of clean sets to say. */
  readonly score: number;
  readonly targetClass?: number;
  /** Place and pattern. */
  readonly patch?: Patch;
  /** Of a search that counts: best rate of each class before networks and pictures that did not search, [K]. */
  readonly ofClass?: readonly number[];
  /** Images that speak for it. */
  readonly images?: readonly number[];
  /** What the detector's own published rule says, where it has one. */
  readonly alarm?: boolean;
  /** The number that this rule compares with. */
  readonly threshold?: number;
  /** Why the rule says nothing of this set. */
  readonly note?: string;
}

/** A finding with what a searching detector hands on. */
export interface Found extends Detection {
  readonly candidates?: readonly Candidate[];
}

interface Described {
  readonly title: string;
  readonly source: string;
  /** The first level of an audit at which it runs. */
  readonly level: Level;
  /** Least number of images a class; absent: one. */
  readonly leastImages?: number;
}

/** Looks at the set's images by itself: where nobody else is asked, no network is trained. */
export interface ImageDetector extends Described {
  readonly reads: "images";
  readonly phase: "read";
  readonly decisive: false;
  run(context: ImageContext): Promise<Found>;
}

/**
 * Asks networks that were trained on the set.
 *
 * - `search`: looks for patches before the networks that search; its candidates are judged and followed.
 * - `judge`: asks more of the suspects.
 * - `read`: looks at the images and the networks by itself.
 * - `weigh`: weighs what all before it said.
 */
export interface NetworkDetector extends Described {
  readonly reads?: "networks";
  readonly phase: "search" | "judge" | "read" | "weigh";
  /** Whether its score counts where a set is compared with clean ones; the others are shown. */
  readonly decisive: boolean;
  /** Width of its scale at least: smaller differences say nothing. Absent: 0.05, as of rates. */
  readonly leastWidth?: number;
  /** Detectors whose scores count no more where every clean set has a score of this one. */
  readonly supersedes?: readonly string[];
  /** What counts is made of this: asked in the first round too, and what it finds is compared. */
  readonly feeds?: boolean;
  run(context: DetectorContext): Promise<Found>;
}

/** One way of looking at a set. None gives the verdict: scores are compared with those of clean sets. */
export type Detector = ImageDetector | NetworkDetector;

/** Whether a detector is one of those that the verdict follows from: they are asked first and by themselves. */
export const speaksForVerdict = (detector: Detector): boolean =>
  detector.decisive || (readsNetworks(detector) && detector.feeds === true);

/** Detectors that do not count where this one does. */
export const supersededBy = (detector: Detector): readonly string[] =>
  (readsNetworks(detector) ? detector.supersedes : undefined) ?? [];

/** Chosen: scores are rates of some hundred pictures. */
const WIDTH_OF_RATES = 0.05;

/** Least width of the scale that its scores are put on. */
export const leastWidth = (detector: Detector): number =>
  (readsNetworks(detector) ? detector.leastWidth : undefined) ?? WIDTH_OF_RATES;

export const readsNetworks = (detector: Detector): detector is NetworkDetector => detector.reads !== "images";

/**
 * Describe a detector of your own. Does nothing but check types.
 *
 * @example
 * const darkest = defineDetector({
 *   title: "Darkest class", source: "mine", reads: "images", phase: "read", level: "quick", decisive: false,
 *   run: async ({ audited }) => ({ score: 1 - audited.pixels.reduce((a, b) => a + b, 0) / audited.pixels.length }),
 * });
 * register({ detectors: { darkest } });
 */
export const defineDetector = (describe: Detector): Detector => describe;
