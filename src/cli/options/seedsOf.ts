import { UsageError } from "../../core/errors.ts";

/** `--seeds 0..9` as numbers, the last one included. */
export function seedsOf(text: string, who: string): number[] {
  const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text)?.map(Number) ?? [];
  if (!(first <= last))
    throw new UsageError(`${who}: invalid --seeds: expected first..last, as 0..9, got ${JSON.stringify(text)}`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
