import { z } from "zod";
import type { AuditResult } from "./auditSet.ts";

/** What sets must have in common for one to say something about another. */
const kind = z.strictObject({
  /** Images per class: 1, 2–9, 10–49, 50 and more. */
  ipc: z.enum(["1", "2-9", "10-49", "50+"]),
  colour: z.boolean(),
  labels: z.enum(["hard", "soft"]),
});

export type CalibrationKind = z.infer<typeof kind>;

/** What an audit of a clean set gave. */
const entry = z.strictObject({
  /** How the set was made, or where it was published. */
  made: z.string(),
  /** The method that made it; p is taken against each method's sets apart. */
  method: z.string(),
  /** Largest support drop of any suspect. */
  drop: z.number().min(0).max(1),
});

/** Statistics of clean sets of one kind, audited with one choice of settings. No images. */
export const calibration = z.strictObject({
  format: z.literal("retort-calibration/1"),
  kind,
  /** The audit's settings; another choice needs another library. */
  settings: z.record(z.string(), z.union([z.number(), z.array(z.string())])),
  sets: z.array(entry).min(1),
});

export type Calibration = z.infer<typeof calibration>;

/** Kind of a set. */
export function kindOf(images: number, classes: number, channels: number, labels: "hard" | "soft"): CalibrationKind {
  const ipc = images / classes;
  return { ipc: ipc < 2 ? "1" : ipc < 10 ? "2-9" : ipc < 50 ? "10-49" : "50+", colour: channels === 3, labels };
}

/** The largest support drop of an audit: what the library is about. */
export const statistic = ({ suspects }: Pick<AuditResult, "suspects">): number =>
  Math.max(0, ...suspects.map(({ support }) => support.drop));

export interface Significance {
  readonly method: string;
  /** Clean sets that it was compared with. */
  readonly n: number;
  /** (1 + clean sets with a drop at least as large) / (1 + n). */
  readonly p: number;
}

/** p against each method's clean sets, the largest first. */
export function significance(drop: number, libraries: readonly Calibration[]): Significance[] {
  const sets = libraries.flatMap((library) => library.sets);
  return [...new Set(sets.map(({ method }) => method))]
    .map((method) => {
      const own = sets.filter((one) => one.method === method);
      return { method, n: own.length, p: (1 + own.filter((one) => one.drop >= drop).length) / (1 + own.length) };
    })
    .sort((a, b) => b.p - a.p);
}

/** The libraries that fit a set and an audit's settings. */
export const fitting = (
  libraries: readonly Calibration[],
  wanted: CalibrationKind,
  settings: Readonly<Record<string, unknown>>,
): Calibration[] =>
  libraries.filter(
    (one) =>
      one.kind.ipc === wanted.ipc &&
      one.kind.colour === wanted.colour &&
      one.kind.labels === wanted.labels &&
      Object.entries(one.settings).every(([name, value]) => String(settings[name]) === String(value)),
  );
