/**
 * Retort with files: open, save, run folders and sweeps. Needs Node.
 *
 * @packageDocumentation
 */

export type { Split } from "./disk/rawData.ts";
export type { Reading } from "./disk/reading.ts";
export type { AxisValue } from "./experiment/plan/expand.ts";
export type {
  PlannedTrial,
  SetFile,
  SetRecipe,
  TestRef,
  TrialAudit,
  TrialConfig,
} from "./experiment/plan/TrialConfig.ts";
export type { SweepProgress } from "./experiment/sweep/runSweep.ts";
export type { TrialWork } from "./experiment/sweep/TrialHooks.ts";
export { openNetwork, saveNetwork } from "./node/network.ts";
export { type OpenedSet, type OpenSettings, open, openRaw, source } from "./node/open.ts";
export { type SaveSettings, save } from "./node/save.ts";
export { type SealSettings, seal, type VerifySettings, verify } from "./node/seal.ts";
export { type SweepSettings, sweep } from "./node/sweep.ts";
