import type { AttackResult } from "../../attack/Attack.ts";
import type { AuditProgress } from "../../audit/auditSet.ts";
import type { Calibration } from "../../audit/calibration.ts";
import { auditStatus } from "../../audit/verdict.ts";
import { hashJson } from "../../core/hash.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Device } from "../../engine/device.ts";
import type { FinishedTrial } from "../../report/sweep/sweepRecord.ts";
import { runAuditStage } from "../../run/auditStage.ts";
import { checkDigest, type Inputs } from "../plan/Inputs.ts";
import { auditIdentity, auditWork, type TrialConfig } from "../plan/TrialConfig.ts";
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
  { inputs, store, hooks: { signal, onStage, onWork } }: { inputs: Inputs; store: StageStore; hooks: TrialHooks },
): Promise<FinishedTrial["audits"]> {
  const { audit, seed } = config;
  const { cleanAudit, audit: ofAttacked } = trialStages(config);
  if (!audit || !cleanAudit) return undefined;
  const { method, calibration = [], ...settings } = audit;
  const calibrations: Calibration[] = [];
  for (const { file, sha256 } of calibration) {
    checkDigest(await inputs.calibrationDigest(file, "trial"), sha256, `library ${file}`);
    calibrations.push(await inputs.calibration(file, "trial"));
  }
  const said = `${hashJson(auditIdentity(audit)).slice(0, 16)}.audit.json`;
  const sets = result ? 2 : 1;
  const of = async (stage: string, set: DistilledSet) => {
    const nth = stage === cleanAudit ? 0 : 1;
    const onProgress = ({ done, total }: AuditProgress) =>
      onWork?.({ part: "audit", done: nth * total + done, total: sets * total });
    const stored = await store.inRun(stage, { audit: auditWork(audit), seed, stage }, "audit", (run) =>
      runAuditStage(run, said, set, settings, { seed, device, signal, onProgress, method, calibrations }),
    );
    onStage?.(stage);
    return { ...stored, accused: auditStatus[stored.verdict] === 1 };
  };
  const before = await of(cleanAudit, clean);
  if (!result || !ofAttacked) return { clean: before };
  const after = await of(ofAttacked, result.set);
  return { clean: before, tampered: { ...after, truth: auditTruth(after, clean, result) } };
}
