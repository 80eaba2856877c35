import { UsageError } from "../../core/errors.ts";
import type { DsaOperator } from "../../data/augment/dsa.ts";
import { isDsa, parseAugmentation } from "../../data/augment/stages.ts";

/**
 * Stages that synthetic images can go through differentiably: DSA operators.
 *
 * @param option what the stages are of, for errors
 * @throws UsageError for any other stage.
 */
export function siameseStages(text: string, option: string): readonly (readonly DsaOperator[])[] {
  return parseAugmentation(text).map((stage) => {
    if (isDsa(stage)) return stage;
    throw new UsageError(`distil: invalid ${option}: expected stages of DSA operators, got ${stage}`);
  });
}
