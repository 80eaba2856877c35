import { hashJson } from "../../core/hash.ts";
import { auditWork, setIdentity, type TrialConfig, teacherIdentity } from "./TrialConfig.ts";

/** Keys of the stages that a trial shares with others; a scheduler gives a stage to one worker at a time. */
export interface TrialStages {
  /** Only where the set is distilled by the sweep. */
  readonly set?: string;
  readonly attack?: string;
  /** Training a teacher of raw images. */
  readonly teacher?: string;
  /** Networks trained on the clean set. */
  readonly clean: string;
  /** Audits of the clean and the attacked set, whatever clean sets they are compared with. */
  readonly cleanAudit?: string;
  readonly audit?: string;
}

const known = new WeakMap<TrialConfig, TrialStages>();

/** Hash what each shared stage of a trial depends on, once for each trial: equal keys, equal results. */
export function trialStages(config: TrialConfig): TrialStages {
  const stages = known.get(config) ?? stagesOf(config);
  known.set(config, stages);
  return stages;
}

function stagesOf(config: TrialConfig): TrialStages {
  const { attack, network, strategy, learntRate, teacher, receivers, seed, device, threads, audit } = config;
  const on = { set: setIdentity(config.set), device, threads };
  const audited = audit && auditWork(audit);
  const training = {
    strategy,
    ...(learntRate && { learntRate }),
    ...(teacher && { teacher: teacherIdentity(teacher) }),
  };
  return {
    ...("distil" in config.set && { set: hashJson({ stage: "set", ...on }) }),
    ...(attack && { attack: hashJson({ stage: "attack", ...on, attack, seed }) }),
    ...(teacher && { teacher: hashJson({ stage: "teacher", ...teacherIdentity(teacher), device, threads }) }),
    clean: hashJson({ stage: "clean", ...on, network, ...training, receivers, seed }),
    ...(audited && { cleanAudit: hashJson({ stage: "audit", ...on, audit: audited, seed }) }),
    ...(audited && attack && { audit: hashJson({ stage: "audit", ...on, audit: audited, attack, seed }) }),
  };
}
