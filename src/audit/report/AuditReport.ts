import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { AuditResult } from "../auditSet.ts";
import type { Calibration } from "../calibration.ts";
import type { AuditSettings } from "../settings.ts";
import type { AuditConclusion } from "../verdict.ts";

/** Everything that a report of an audit is made of. */
export interface AuditReport {
  /** The set as its reader knows it: a path or a name. */
  readonly name: string;
  readonly set: DistilledSet;
  readonly conclusion: AuditConclusion;
  readonly result: AuditResult;
  readonly settings: AuditSettings;
  /** Clean sets that it was compared with. */
  readonly libraries: readonly Calibration[];
  readonly version: string;
  readonly seed: number;
}

/** What no audit of Retort could have seen. */
export const blindSpots: readonly string[] = [
  "Triggers that are neither compact nor shared by several images: faint ones, strokes, what is spread over the whole picture.",
  "The paper's own form where it moves every image of every class a little: no few images carry the trigger. --deep asks for it, without a threshold.",
  "A stamp that is split over many images, and targets beyond the few suspects that were followed.",
  "An attacker who knows this audit and optimises against it.",
];

export const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;
