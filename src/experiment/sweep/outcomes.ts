import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type OnDamage, readKept, writeKept } from "../../disk/kept/keptFile.ts";
import type { PlannedTrial, TrialConfig } from "../plan/TrialConfig.ts";
import type { TrialResult } from "./runTrial.ts";

const outcomeFormat = "retort-trial/2";
/** The same without a digest, as older versions wrote it. */
const formatBefore = "retort-trial/1";

/** How a trial ended: `trials/ID.json` in the sweep's folder. */
export type TrialOutcome = {
  readonly format: typeof outcomeFormat | typeof formatBefore;
  readonly id: string;
  readonly config: TrialConfig;
} & (({ readonly status: "ok" } & TrialResult) | { readonly status: "failed"; readonly error: string });

export const outcomeFile = (id: string): string => `trials/${id}.json`;

/** Put an outcome together. */
export const outcomeOf = (
  { id, config }: Pick<PlannedTrial, "id" | "config">,
  end: ({ status: "ok" } & TrialResult) | { status: "failed"; error: string },
): TrialOutcome => ({ format: outcomeFormat, id, config, ...end });

export const writeOutcome = (folder: string, outcome: TrialOutcome): Promise<void> =>
  writeKept(join(folder, outcomeFile(outcome.id)), `${JSON.stringify(outcome)}\n`, outcomeFile(outcome.id));

/**
 * Read how a trial ended.
 *
 * @param damaged `aside` for those who run such a trial again, `tell` for those who only look.
 * @returns undefined where there is no outcome, or a damaged one.
 */
export async function readOutcome(
  folder: string,
  id: string,
  damaged: OnDamage = "tell",
): Promise<TrialOutcome | undefined> {
  const name = outcomeFile(id);
  const content = await readKept(join(folder, name), name, {
    damaged,
    unmarked: (bytes) => parseOutcome(bytes, id, formatBefore) !== undefined,
    remedy: "retort run makes it again",
  });
  return content && (parseOutcome(content, id, outcomeFormat) ?? parseOutcome(content, id, formatBefore));
}

function parseOutcome(bytes: Uint8Array, id: string, format: TrialOutcome["format"]): TrialOutcome | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<TrialOutcome> | null;
    const whole = value?.format === format && value.id === id && ["ok", "failed"].includes(value.status ?? "");
    return whole ? (value as TrialOutcome) : undefined;
  } catch {
    return undefined;
  }
}

/** Outcomes of the trials that have one. @param damaged as for `readOutcome`. */
export async function readOutcomes(
  folder: string,
  trials: readonly PlannedTrial[],
  damaged: OnDamage = "tell",
): Promise<Map<string, TrialOutcome>> {
  const present = new Set(await readdir(join(folder, "trials")).catch(() => []));
  const found = new Map<string, TrialOutcome>();
  for (const { id } of trials) {
    const outcome = present.has(`${id}.json`) ? await readOutcome(folder, id, damaged) : undefined;
    if (outcome) found.set(id, outcome);
  }
  return found;
}
