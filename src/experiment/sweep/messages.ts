import type { Versions } from "../../run/versions.ts";
import type { PlannedTrial } from "../plan/TrialConfig.ts";
import type { TrialWork } from "./TrialHooks.ts";

/** What a worker process must know once. */
export interface WorkerSetup {
  /** The sweep's folder: stages and outcomes. */
  readonly folder: string;
  /** Where paths of trials start from. */
  readonly base: string;
  readonly versions: Versions;
  /** Paths of the parent's plug-ins, which the process loads too. */
  readonly plugins?: readonly string[];
}

export type ToWorker =
  | { readonly kind: "setup"; readonly setup: WorkerSetup }
  | { readonly kind: "trial"; readonly trial: Pick<PlannedTrial, "id" | "config"> }
  /** Save what is in hand and leave. */
  | { readonly kind: "stop" };

export type FromWorker =
  | { readonly kind: "ready" }
  /** A shared stage is stored. */
  | { readonly kind: "stage"; readonly key: string }
  /** What the trial is at; about once a second. */
  | { readonly kind: "work"; readonly work: TrialWork }
  /** The outcome is written. */
  | { readonly kind: "done"; readonly id: string; readonly status: "ok" | "failed" }
  /** The machine refuses (a full disk): nothing is wrong with the trial, and the next one would fare no better. */
  | { readonly kind: "refused"; readonly message: string; readonly code: string; readonly path?: string };
