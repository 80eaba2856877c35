export interface TrialHooks {
  readonly signal?: AbortSignal;
  /** A shared stage is finished and stored. */
  readonly onStage?: (key: string) => void;
}
