import type * as z from "zod";
import type { AuditSettings } from "../../audit/settings.ts";
import { hashJson } from "../../core/hash.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import type { Split } from "../../disk/rawData.ts";
import type { readingFields } from "../../disk/reading.ts";
import type { TeacherRecipe } from "../../distill/teachers/teacherRecipe.ts";
import type { DeviceName } from "../../engine/device.ts";
import type { Protocol } from "../../train/protocol.ts";
import type { AxisValue } from "./expand.ts";

/** What receivers are measured on. */
export interface TestRef {
  /** A raw dataset, as written. */
  readonly data: string;
  /** Default: test. */
  readonly split?: Split;
  /** The first so many; default: all. */
  readonly images?: number;
}

/** A distilled set that lies in a file. */
export interface SetFile extends z.infer<z.ZodObject<typeof readingFields>> {
  /** As written: relative to the folder of the experiment file. */
  readonly file: string;
  /** Digest of what was read (setDigest.ts). */
  readonly sha256: string;
}

/** A distilled set that is made when the first trial asks for it. */
export interface SetRecipe {
  /** The raw dataset. */
  readonly distil: string;
  /** Registry name. */
  readonly method: string;
  readonly normalisation: Normalisation;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Digest of the raw images. */
  readonly sha256: string;
}

/** How the sets of a trial are audited. */
export interface TrialAudit extends AuditSettings {
  /** How the sets were made: p against clean sets of that method alone. */
  readonly method?: string;
  /** Libraries of clean sets beside those that come with Retort, as written. */
  readonly calibration?: readonly { readonly file: string; readonly sha256: string }[];
}

/** Everything that a trial's numbers depend on besides the versions, every default resolved. Plain JSON. */
export interface TrialConfig {
  readonly set: SetFile | SetRecipe;
  /** Absent: only the clean set is measured. */
  readonly attack?: {
    readonly method: string;
    readonly options: Readonly<Record<string, unknown>>;
    /** Of sets that are attacked in another space than their own (standardSpace.ts): tells such trials from older ones, which counted in theirs. */
    readonly units?: "deviations";
  };
  readonly network: { readonly name: string; readonly width?: number };
  readonly strategy: Protocol;
  /** The rate that the set is learnt with takes the place of the strategy's `lr`: it is known once the set is distilled. */
  readonly learntRate?: true;
  /** A teacher of raw images that receivers ask. */
  readonly teacher?: {
    readonly recipe: TeacherRecipe;
    readonly data: string;
    /** Digest of the raw images. */
    readonly sha256: string;
  };
  /** Absent: nobody audits the sets. */
  readonly audit?: TrialAudit;
  /** Networks a set. */
  readonly receivers: number;
  readonly seed: number;
  readonly test: TestRef & { readonly sha256: string };
  readonly device: DeviceName;
  readonly threads: number;
}

/** One trial of a plan. */
export interface PlannedTrial {
  /** First 16 digits of the hash of what the trial is: the same settings and content anywhere, the same id. */
  readonly id: string;
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly config: TrialConfig;
}

/** @returns the id: names of files do not count, their content does. */
export function trialId(config: TrialConfig): string {
  const { set, test, teacher, audit, ...rest } = config;
  const taught = teacher && { teacher: teacherIdentity(teacher) };
  const audited = audit && { audit: auditIdentity(audit) };
  return hashJson({ ...rest, ...taught, ...audited, set: setIdentity(set), test: test.sha256 }).slice(0, 16);
}

/** What tells one audit from another. */
export const auditIdentity = ({ calibration, ...audit }: TrialAudit) => ({
  ...audit,
  ...(calibration && { calibration: calibration.map(({ sha256 }) => sha256) }),
});

/** What tells the work of one audit from that of another, whatever clean sets its scores are compared with. */
export const auditWork = ({ method: _, calibration: __, ...settings }: TrialAudit) => settings;

/** What tells one teacher from another. */
export const teacherIdentity = ({ recipe, sha256 }: NonNullable<TrialConfig["teacher"]>) => ({ recipe, sha256 });

/** What tells one set from another. */
export function setIdentity(set: TrialConfig["set"]): unknown {
  if ("file" in set) return set.sha256;
  const { distil: _, ...recipe } = set;
  return recipe;
}
