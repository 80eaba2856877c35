import { UsageError } from "../core/errors.ts";

/**
 * Adjust the p-values of a family of tests, so that rejecting those below α makes any false rejection as rare as α.
 *
 * With p₍₁₎ ≤ … ≤ p₍ₘ₎: p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎).
 *
 * @returns adjusted p-values in the order of the given ones.
 * @throws UsageError if one is no probability.
 * Source: Holm 1979.
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw new UsageError(`holm: invalid p-value: expected a number in [0, 1], got ${wrong}`);
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((at, i) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - i) * pValues[at]));
    adjusted[at] = largest;
  });
  return adjusted;
}
