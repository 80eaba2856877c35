/** Test accuracy and attack success of one network or of a mean over networks, as fractions. */
export interface CtaAndAsr {
  readonly cta: number;
  readonly asr: number;
}

/**
 * Rate a defense by DER: 1 = the backdoor gone and the accuracy kept, 0.5 = nothing gained, 0 = accuracy lost for nothing.
 *
 * DER = (max(0, ΔASR) − max(0, ΔCTA) + 1) / 2, with Δ = without the defense − with it.
 *
 * Source: docs/method.md, §3 (Zhu et al. 2023, FT-SAM; BackdoorBench).
 *
 * @example
 * defenseEffectiveness({ cta: 0.36, asr: 0.95 }, { cta: 0.35, asr: 0.05 }); // 0.945
 */
export function defenseEffectiveness(without: CtaAndAsr, withDefense: CtaAndAsr): number {
  return (Math.max(0, without.asr - withDefense.asr) - Math.max(0, without.cta - withDefense.cta) + 1) / 2;
}
