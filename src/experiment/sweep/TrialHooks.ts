/** What a trial goes through, in this order; what others have made already, or what it has not, is passed over. */
const parts = ["distillation", "attack", "teacher", "networks", "audit"] as const;

/** What a trial is at. */
export interface TrialWork {
  readonly part: (typeof parts)[number];
  /** Steps of it that are done, of how many. */
  readonly done: number;
  readonly total: number;
  /** Seconds that the rest of it takes, where that is known. */
  readonly seconds?: number;
}

export interface TrialHooks {
  readonly signal?: AbortSignal;
  /** A shared stage is finished and stored. */
  readonly onStage?: (key: string) => void;
  /** Told of every step. */
  readonly onWork?: (work: TrialWork) => void;
}

/** Share of a trial that is done, were its parts equally long. */
export const shareDone = ({ part, done, total }: TrialWork): number =>
  (parts.indexOf(part) + (total > 0 ? Math.min(1, done / total) : 0)) / parts.length;
