import type { Pace } from "../../core/Pace.ts";

// Chosen: the first compiles, and one alone says little on a machine with other work.
const times = 4;

/** Do an update a few times that comes only after a teacher has learnt, for the clock alone. Nothing without a clock. */
export async function rehearsed(pace: Pace | undefined, update: () => Promise<unknown>): Promise<void> {
  for (let i = 0; pace && i < times; i++) {
    pace.mark();
    await update();
    pace.done("update", true);
  }
}
