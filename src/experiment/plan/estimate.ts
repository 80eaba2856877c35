import type { Costs } from "./measureCosts.ts";
import type { PlannedTrial } from "./TrialConfig.ts";
import { trialStages } from "./trialStages.ts";

/**
 * Seconds that each trial of a plan adds, in order: what trials share is counted with the first one that needs it.
 *
 * An estimate: parts were tried for a moment and extrapolated.
 */
export function estimate(trials: readonly PlannedTrial[], costs: readonly Costs[]): number[] {
  const paid = new Set<string>();
  const once = (stage: string | undefined, seconds: number): number => {
    if (stage === undefined || paid.has(stage)) return 0;
    paid.add(stage);
    return seconds;
  };
  return trials.map(({ config }, i) => {
    const stages = trialStages(config);
    const { set, attack, teacher, receiver, audit } = costs[i];
    const networks = receiver * config.receivers;
    return (
      once(stages.set, set) +
      once(stages.attack, attack) +
      once(stages.teacher, teacher) +
      once(stages.clean, networks) +
      (config.attack ? networks : 0) +
      once(stages.cleanAudit, audit) +
      once(stages.audit, audit)
    );
  });
}
