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
  // A network that learns longer goes on from where a shorter one ended.
  const learnt = new Map<string, number>();
  const networksOf = (kept: Costs["kept"]): number => {
    let sum = 0;
    for (const [name, seconds] of Object.entries(kept)) {
      const before = learnt.get(name) ?? 0;
      learnt.set(name, Math.max(before, seconds));
      sum += Math.max(0, seconds - before);
    }
    return sum;
  };
  return trials.map(({ config }, i) => {
    const stages = trialStages(config);
    const { set, kept, attack, teacher, receiver, audit } = costs[i];
    const networks = receiver * config.receivers;
    return (
      networksOf(kept) +
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
