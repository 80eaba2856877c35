import { extent } from "../../core/extent.ts";
import { type DistilledSet, hardClasses } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { describeNormalisation, sameNormalisation } from "../../data/normalise.ts";
import type { Finding, NormalisationBy } from "../../formats/Format.ts";
import { type SetStatistics, setStatistics } from "./channelStatistics.ts";
import { type DuplicateGroup, findDuplicates, findNearDuplicates, type NearDuplicate } from "./duplicates.ts";
import { guessNormalisation, type NormalisationGuess } from "./guessNormalisation.ts";
import { describeReadings, openReadings, sure } from "./readings.ts";

/** Everything that can be said about a set from its numbers. */
export interface SetReport {
  readonly name: string;
  readonly kind: "distilled" | "labelled";
  /** N C H W. */
  readonly shape: readonly number[];
  readonly dtype: "float32" | "uint8";
  /** K. */
  readonly classes: number;
  readonly classNames?: readonly string[];
  readonly labelKind: "hard" | "probabilities" | "logits" | "centred";
  /** Images of each class, by hard label or largest soft label; empty beyond 65 536 classes. */
  readonly perClass: readonly number[];
  /** Images per class where all classes have as many. */
  readonly ipc?: number;
  /** How the classes follow each other. */
  readonly order: "class-major" | "interleaved" | "mixed";
  /** Soft labels: mean of their largest value. */
  readonly softPeak?: number;
  readonly statistics: SetStatistics;
  /** What is said of the pixels, and by whom: the file, the kind of the file, a reader's rule, or the caller. */
  readonly stated: Normalisation;
  readonly statedBy?: NormalisationBy;
  /** What the set says of itself: method, settings, `tampered`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What the numbers say, the likeliest first. */
  readonly guesses: readonly NormalisationGuess[];
  /** Names of the guesses that the numbers leave open: one where they decide. */
  readonly readings: readonly string[];
  readonly duplicates: readonly DuplicateGroup[];
  readonly nearDuplicates: readonly NearDuplicate[];
  /** How many images the search for near-duplicates compared. */
  readonly compared: number;
}

/** Chosen: enough to be sure of means to 0.002, quick for raw sets of any size. */
const sampleOfRaw = 10_000;

/** Chosen: ImageNet-21k has 21 843 classes; a label that makes more of them is a mistake or an attack. */
const mostClasses = 65_536;

/**
 * Describe a set and list what is odd about it.
 *
 * @param by who says how the pixels were normalised, where it is not the file.
 */
export function inspectSet(
  set: DistilledSet | LabelledSet,
  by?: NormalisationBy,
): { report: SetReport; findings: Finding[] } {
  const classes = set.kind === "labelled" ? set.labels : hardClasses(set);
  const [n] = set.shape;
  const values = set.kind === "labelled" ? set.pixels : set.images;
  const perClass = new Array<number>(set.classes > mostClasses ? 0 : set.classes).fill(0);
  if (perClass.length > 0) for (const k of classes) perClass[k]++;
  const near = findNearDuplicates(values, set.shape, classes);
  const stated: Normalisation = set.kind === "labelled" ? { kind: "unit" } : set.normalisation;
  const report: SetReport = {
    name: set.name,
    kind: set.kind,
    shape: set.shape,
    dtype: set.kind === "labelled" ? "uint8" : "float32",
    classes: set.classes,
    ...(set.classNames ? { classNames: set.classNames } : {}),
    labelKind: set.kind === "labelled" || set.labels.kind === "hard" ? "hard" : set.labels.form,
    perClass,
    ...(perClass.length > 0 && perClass.every((count) => count === perClass[0]) ? { ipc: perClass[0] } : {}),
    order: orderOf(classes, set.classes),
    ...softPeak(set),
    ...numbers(set),
    stated,
    ...(stated.kind === "unknown" ? {} : { statedBy: by ?? (set.kind === "labelled" ? "pictures" : "file") }),
    ...(set.kind === "distilled" && Object.keys(set.metadata).length > 0 ? { metadata: set.metadata } : {}),
    duplicates: findDuplicates(values, set.shape, classes),
    nearDuplicates: near.pairs,
    compared: near.compared,
  };
  return { report, findings: [...findingsOf(report), ...labelSlots(set, classes, n)] };
}

/** Statistics and guesses of a distilled set; bytes need no guess, and a sample of them gives their statistics. */
function numbers(set: DistilledSet | LabelledSet): Pick<SetReport, "statistics" | "guesses" | "readings"> {
  if (set.kind === "distilled") {
    const statistics = setStatistics(set.images, set.shape);
    const guesses = guessNormalisation(set.images, set.shape, set.classes, set.name, statistics);
    return { statistics, guesses, readings: openReadings(guesses).map(({ name }) => name) };
  }
  const [n, c, h, w] = set.shape;
  const step = Math.max(1, Math.ceil(n / sampleOfRaw));
  const chosen = Math.ceil(n / step);
  const sample = new Float32Array(chosen * c * h * w);
  for (let i = 0; i < chosen; i++)
    sample.set(set.pixels.subarray(i * step * c * h * w, (i * step + 1) * c * h * w), i * c * h * w);
  return {
    statistics: setStatistics(sample, [chosen, c, h, w]),
    guesses: [{ name: "8-bit", confidence: 1, outOfGamut: 0, evidence: ["the pixels are stored as bytes"] }],
    readings: ["8-bit"],
  };
}

function orderOf(classes: Int32Array, k: number): SetReport["order"] {
  if (classes.every((label, i) => i === 0 || label >= classes[i - 1])) return "class-major";
  return classes.every((label, i) => label === i % k) ? "interleaved" : "mixed";
}

function softPeak(set: DistilledSet | LabelledSet): { softPeak?: number } {
  if (set.kind === "labelled" || set.labels.kind === "hard") return {};
  const { values } = set.labels;
  let sum = 0;
  for (let i = 0; i < set.shape[0]; i++) {
    let peak = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < set.classes; k++) peak = Math.max(peak, values[i * set.classes + k]);
    sum += peak;
  }
  return { softPeak: sum / set.shape[0] };
}

function findingsOf(report: SetReport): Finding[] {
  const findings: Finding[] = [];
  const add = (severity: Finding["severity"], rule: string, message: string) =>
    findings.push({ severity, rule, message });
  const { statistics, perClass, duplicates, nearDuplicates, guesses } = report;
  if (statistics.nan + statistics.infinite > 0)
    add("warning", "not-finite", `${statistics.nan} values are NaN and ${statistics.infinite} are infinite.`);
  if (report.classes > mostClasses)
    add("warning", "implausible-classes", `Labels speak of ${report.classes} classes for ${report.shape[0]} images.`);
  const empty = perClass.flatMap((count, k) => (count === 0 ? [k] : []));
  if (empty.length > 0)
    add("warning", "empty-classes", `${empty.length} of ${report.classes} classes have no image: ${some(empty)}.`);
  if (report.kind === "distilled" && report.ipc === undefined && empty.length === 0 && perClass.length > 0)
    add("note", "uneven-classes", `Classes have between ${extent(perClass).min} and ${extent(perClass).max} images.`);
  const contradictory = duplicates.filter((group) => group.contradictory);
  if (contradictory.length > 0)
    add(
      "warning",
      "contradictory-labels",
      `${contradictory.length} images occur several times with different labels: ${some(contradictory[0].images)}.`,
    );
  if (duplicates.length > contradictory.length)
    add("note", "duplicates", `${duplicates.length - contradictory.length} images occur several times in one class.`);
  const others = nearDuplicates.filter(({ correlation }) => correlation < 1 - 1e-6);
  if (others.length > 0)
    add(
      report.kind === "distilled" ? "warning" : "note",
      "near-duplicates",
      `${others.length} pairs of images of different classes look almost the same, first ${others[0].images.join(" and ")} (classes ${others[0].classes.join(" and ")}, correlation ${others[0].correlation.toFixed(3)}).`,
    );
  findings.push(...normalisationFindings(report, guesses));
  return findings;
}

function normalisationFindings({ stated, statedBy }: SetReport, guesses: readonly NormalisationGuess[]): Finding[] {
  const [best] = guesses;
  const findings: Finding[] = [];
  if (stated.kind === "unknown")
    findings.push({
      severity: "note",
      rule: "normalisation-unknown",
      message: `The file does not say how its pixels were normalised. Its numbers: ${describeReadings(guesses)}.`,
    });
  else if (best.confidence >= sure && !agrees(stated, best))
    findings.push({
      severity: "warning",
      rule: "normalisation-doubtful",
      message: `${statedBy === "you" ? "You say" : "The file says"} ${describeNormalisation(stated)}, its numbers say ${best.name}: ${best.evidence[0]}.`,
    });
  if (best.outOfGamut)
    findings.push({
      severity: "note",
      rule: "out-of-gamut",
      message: `${(100 * best.outOfGamut).toPrecision(2)} % of the values are no pixel a picture can hold (if ${best.name} is right).`,
    });
  return findings;
}

function agrees(stated: Normalisation, best: NormalisationGuess): boolean {
  if (stated.kind === "zca" || best.name === "zca") return stated.kind === best.name;
  if (best.name === "8-bit") return stated.kind === "unit" && best.normalisation === undefined;
  return best.normalisation !== undefined && sameNormalisation(stated, best.normalisation);
}

/** Soft labels in class-major sets: the largest value of each row should be that of its place. */
function labelSlots(set: DistilledSet | LabelledSet, classes: Int32Array, n: number): Finding[] {
  if (set.kind === "labelled" || set.labels.kind === "hard" || n % set.classes !== 0) return [];
  const ipc = n / set.classes;
  const out = [...classes.keys()].filter((i) => classes[i] !== Math.floor(i / ipc));
  // Chosen: if a tenth lies elsewhere the set is not class-major at all.
  if (out.length === 0 || out.length > n / 10) return [];
  return [
    {
      severity: "note",
      rule: "label-outside-slot",
      message: `${out.length} soft labels are largest at another class than that of their place: rows ${some(out)}.`,
    },
  ];
}

function some(numbers: readonly number[]): string {
  return numbers.length > 8 ? `${numbers.slice(0, 8).join(", ")}, …` : numbers.join(", ");
}
