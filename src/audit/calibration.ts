import * as z from "zod";
import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { imagesPerClass } from "../train/imagesPerClass.ts";
import type { AuditResult } from "./auditSet.ts";
import { detectorRegistry } from "./detectorRegistry.ts";
import { leastWidth, supersededBy } from "./detectors/Detector.ts";

/** What sets must have in common for one to say something about another. */
const kind = z.strictObject({
  /** Images per class: 1, 2–9, 10–49, 50 and more. */
  ipc: z.enum(["1", "2-9", "10-49", "50+"]),
  colour: z.boolean(),
  labels: z.enum(["hard", "soft"]),
  /** Longest side in pixels that it speaks for: a 5×5 patch is another share of a larger picture. */
  side: z.enum(["32", "64", "more"]),
  /** Classes: the largest score of many is larger than that of few. */
  classes: z.enum(["2-20", "more"]),
});

export type CalibrationKind = z.infer<typeof kind>;

/** Scores of detectors by name. */
const scores = z.record(z.string(), z.number());
export type Scores = z.infer<typeof scores>;

/** What an audit of a clean set gave. */
const entry = z.strictObject({
  /** How the set was made, or where it was published. */
  made: z.string(),
  /** The method that made it; p is taken against each method's sets apart. */
  method: z.string(),
  /** SHA-256 of the set's content: the same set under another name does not count twice. Older libraries have none. */
  content: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  scores,
});

/** Statistics of clean sets of one kind, audited with one choice of settings. No images. */
export const calibration = z.strictObject({
  format: z.literal("retort-calibration/1"),
  kind,
  /** What scores depend on; another choice needs another library. */
  settings: z.record(z.string(), z.union([z.number(), z.string()])),
  sets: z.array(entry).min(1),
});

export type Calibration = z.infer<typeof calibration>;

/** Chosen: names stand in a line of a report. */
const longestName = 64;

/**
 * Check the name of how clean sets were made. It is a person's own word ("dm", "RDED, crops of 2024"), not a name of a registry.
 *
 * @returns it without space around.
 * @throws UsageError for "all", which stands for all sets together, and for what does not fit a line.
 */
export function methodName(said: string, who: string): string {
  const name = said.trim().normalize("NFC");
  const shown = JSON.stringify(name.length > longestName ? `${name.slice(0, 20)}…` : name);
  if (name === "" || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) || [...name].length > longestName)
    throw new UsageError(
      `${who}: invalid --method: expected a name of 1 to ${longestName} characters on one line, got ${shown}`,
    );
  if (name.toLowerCase() === "all")
    throw new UsageError(
      `${who}: invalid --method: expected a name of its own, got ${shown}, which means every method`,
    );
  return name;
}

/** A name however it is spelled: dm-quick, DM quick. */
const bare = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, "");

/** The clean sets of one method alone: of `name`, and of `name, DATA`. None where there is none. */
export function ofMethod(libraries: readonly Calibration[], name: string): Calibration[] {
  const own = ({ method }: { readonly method: string }) =>
    bare(method) === bare(name) || bare(method).startsWith(`${bare(name)},`);
  return libraries
    .map((library) => ({ ...library, sets: library.sets.filter(own) }))
    .filter(({ sets }) => sets.length > 0);
}

/**
 * The clean sets of one method alone.
 *
 * @param said the name as the user wrote it
 * @throws UsageError where libraries fit and none has a set of it.
 */
export function madeBy(libraries: readonly Calibration[], name: string, who: string, said = name): Calibration[] {
  const some = ofMethod(libraries, name);
  if (some.length > 0 || libraries.length === 0) return some;
  const known = new Set(libraries.flatMap(({ sets }) => sets.map(({ method }) => method)));
  throw new UsageError(
    `${who}: unknown method: expected one of which there are clean sets of this kind (${[...known].join("; ")}), got ${JSON.stringify(said)}`,
  );
}

/** Two spellings of one name would be two methods with half the sets each. @throws UsageError that names the library's. */
export function checkSpelling(name: string, library: Calibration | undefined, who: string): void {
  const known = library?.sets.map(({ method }) => method).find((method) => bare(method) === bare(name));
  if (known !== undefined && known !== name)
    throw new UsageError(
      `${who}: invalid --method: expected ${JSON.stringify(known)} as the library has it, got ${JSON.stringify(name)}`,
    );
}

/** Kind of a set. */
export function calibrationKind(set: DistilledSet): CalibrationKind {
  const { shape, classes, labels } = set;
  const [, channels, height, width] = shape;
  const ipc = imagesPerClass(set);
  const side = Math.max(height, width);
  return {
    ipc: ipc < 2 ? "1" : ipc < 10 ? "2-9" : ipc < 50 ? "10-49" : "50+",
    colour: channels === 3,
    labels: labels.kind,
    side: side <= 32 ? "32" : side <= 64 ? "64" : "more",
    classes: classes <= 20 ? "2-20" : "more",
  };
}

/** Whether sets of one kind say something about sets of another: every entry is the same. */
export const sameKind = (a: CalibrationKind, b: CalibrationKind): boolean =>
  (Object.keys(a) as (keyof CalibrationKind)[]).every((name) => a[name] === b[name]);

/** Scores of an audit, as a library keeps them: of the detectors that had something to say. */
export const scoresOf = ({ findings }: Pick<AuditResult, "findings">): Scores =>
  Object.fromEntries(
    findings
      .filter(({ note }) => note === undefined)
      .map(({ detector, score }) => [detector, Math.round(1e4 * score) / 1e4]),
  );

export interface Significance {
  /** Method of the clean sets; "all" for all of them together. */
  readonly method: string;
  /** Clean sets that it was compared with. */
  readonly n: number;
  /** (1 + clean sets that stand out at least as much) / (1 + n). */
  readonly p: number;
  /** The same for each detector by itself. */
  readonly detectors: Readonly<Record<string, number>>;
}

/** Clean sets that are enough to say 0.05. */
export const ENOUGH = 19;

/**
 * p against all clean sets and against those of each method, the largest first.
 *
 * Of each detector the score is put on the scale of all sets, the audited one among them: less the median, over the distance from
 * there to the ninth decile. A set's statistic is its largest. All sets are treated alike, so that p keeps its level for any
 * number of detectors.
 */
export function significance(own: Scores, libraries: readonly Calibration[]): Significance[] {
  const known = libraries.flatMap((library) => library.sets);
  const has = (name: string) => (one: { readonly scores: Scores }) => one.scores[name] !== undefined;
  const isHeld = (name: string) => {
    const isNewer = supersededBy(detectorRegistry[name]).length > 0;
    return isNewer ? known.every(has(name)) : known.some(has(name));
  };
  const names = counting(Object.keys(own).filter((name) => detectorRegistry[name] && isHeld(name)));
  // A set that was not asked all that counts says nothing, and takes nothing from the others.
  const sets = known.filter((one) => names.every((name) => has(name)(one)));
  if (names.length === 0 || sets.length === 0) return [];
  const of = (method: string, some: readonly { readonly scores: Scores }[]): Significance[] => {
    const shared = Object.keys(own).filter((name) => some.every(has(name)));
    const n = some.length;
    const all = [own, ...some.map(({ scores }) => scores)];
    const statistics = new Float64Array(all.length).fill(Number.NEGATIVE_INFINITY);
    for (const name of names) {
      const values = all.map((scores) => scores[name]);
      const [middle, upper] = [quantile(values, 0.5), quantile(values, 0.9)];
      const width = Math.max(leastWidth(detectorRegistry[name]), upper - middle);
      values.forEach((v, i) => {
        statistics[i] = Math.max(statistics[i], (v - middle) / width);
      });
    }
    const asLarge = (values: ArrayLike<number>) =>
      Array.from(values).filter((v, i) => i > 0 && v >= values[0] - 1e-12).length;
    const detectors = Object.fromEntries(
      shared.map((name) => [name, (1 + asLarge(all.map((scores) => scores[name]))) / (1 + n)]),
    );
    return [{ method, n, p: (1 + asLarge(statistics)) / (1 + n), detectors }];
  };
  const methods = [...new Set(sets.map(({ method }) => method))];
  const apart = methods.flatMap((method) =>
    of(
      method,
      sets.filter((one) => one.method === method),
    ),
  );
  return [...(methods.length > 1 ? of("all", sets) : []), ...apart].sort((a, b) => b.p - a.p);
}

/** Of detectors by name those whose scores count: decisive, and superseded by none of them. */
export function counting(names: readonly string[]): string[] {
  const decisive = names.filter((name) => detectorRegistry[name]?.decisive);
  const older = decisive.flatMap((name) => supersededBy(detectorRegistry[name]));
  return decisive.filter((name) => !older.includes(name));
}

/** The p that counts: the largest of those that are against enough clean sets; none where no library is large enough to say 0.05. */
export const decisive = (all: readonly Significance[]): Significance | undefined => all.find(({ n }) => n >= ENOUGH);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))];
}

/** The libraries that fit a set and an audit's settings. */
export const fitting = (
  libraries: readonly Calibration[],
  wanted: CalibrationKind,
  settings: Calibration["settings"],
): Calibration[] =>
  libraries.filter(
    (one) =>
      sameKind(one.kind, wanted) && Object.entries(one.settings).every(([name, value]) => settings[name] === value),
  );
