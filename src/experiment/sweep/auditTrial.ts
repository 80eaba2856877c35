import type { AttackResult } from "../../attack/Attack.ts";
import { auditStatus } from "../../audit/verdict.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Device } from "../../engine/device.ts";
import type { FinishedTrial } from "../../report/sweep/sweepRecord.ts";
import { runAuditStage } from "../../run/auditStage.ts";
import type { TrialConfig } from "../plan/TrialConfig.ts";
import { trialStages } from "../plan/trialStages.ts";
import { auditTruth } from "./auditTruth.ts";
import type { StageStore } from "./StageStore.ts";
import type { TrialHooks } from "./TrialHooks.ts";

/** Audit the sets of a trial as somebody who knows neither, and hold what is said of the attacked one against what was planted. */
export async function auditTrial(
  config: TrialConfig,
  clean: DistilledSet,
  result: AttackResult | undefined,
  device: Device,
  store: StageStore,
  { signal, onStage }: TrialHooks,
): Promise<FinishedTrial["audits"]> {
  const { audit, seed } = config;
  const { cleanAudit, audit: ofAttacked } = trialStages(config);
  if (!audit || !cleanAudit) return undefined;
  const of = async (stage: string, set: DistilledSet) => {
    const stored = await store.inRun(stage, { audit, seed, stage }, "audit", (run) =>
      runAuditStage(run, set, audit, { seed, device, signal }),
    );
    onStage?.(stage);
    return { ...stored, accused: auditStatus[stored.verdict] === 1 };
  };
  const before = await of(cleanAudit, clean);
  if (!result || !ofAttacked) return { clean: before };
  const after = await of(ofAttacked, result.set);
  return { clean: before, tampered: { ...after, truth: auditTruth(after, clean, result) } };
}
