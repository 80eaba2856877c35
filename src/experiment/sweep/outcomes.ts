import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlannedTrial, TrialConfig } from "../plan/TrialConfig.ts";
import { writeAtomic } from "../writeAtomic.ts";
import type { TrialResult } from "./runTrial.ts";

const outcomeFormat = "retort-trial/1";

/** How a trial ended: `trials/ID.json` in the sweep's folder. */
export type Outcome = { readonly format: typeof outcomeFormat; readonly id: string; readonly config: TrialConfig } & (
  | ({ readonly status: "ok" } & TrialResult)
  | { readonly status: "failed"; readonly error: string }
);

export const outcomeFile = (id: string): string => `trials/${id}.json`;

/** Put an outcome together. */
export const outcomeOf = (
  { id, config }: Pick<PlannedTrial, "id" | "config">,
  end: ({ status: "ok" } & TrialResult) | { status: "failed"; error: string },
): Outcome => ({ format: outcomeFormat, id, config, ...end });

export const writeOutcome = (folder: string, outcome: Outcome): Promise<void> =>
  writeAtomic(join(folder, outcomeFile(outcome.id)), `${JSON.stringify(outcome)}\n`);

/** @returns the outcome, or undefined where there is none or the file is damaged: such a trial is run again. */
export async function readOutcome(folder: string, id: string): Promise<Outcome | undefined> {
  const text = await readFile(join(folder, outcomeFile(id)), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  return text === undefined ? undefined : parseOutcome(text, id);
}

function parseOutcome(text: string, id: string): Outcome | undefined {
  try {
    const value = JSON.parse(text) as Partial<Outcome> | null;
    const whole = value?.format === outcomeFormat && value.id === id && ["ok", "failed"].includes(value.status ?? "");
    return whole ? (value as Outcome) : undefined;
  } catch {
    return undefined;
  }
}

/** Outcomes of the trials that have one. */
export async function readOutcomes(folder: string, trials: readonly PlannedTrial[]): Promise<Map<string, Outcome>> {
  const present = new Set(await readdir(join(folder, "trials")).catch(() => []));
  const found = new Map<string, Outcome>();
  for (const { id } of trials) {
    const outcome = present.has(`${id}.json`) ? await readOutcome(folder, id) : undefined;
    if (outcome) found.set(id, outcome);
  }
  return found;
}
