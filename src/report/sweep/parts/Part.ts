import type { Html } from "../../../page/html.ts";
import type { Cell } from "../cells.ts";
import type { SweepData } from "../sweepData.ts";
import type { View } from "../view.ts";

/** A sweep with what was computed from it. */
export interface Sweep {
  readonly data: SweepData;
  readonly cells: readonly Cell[];
}

/**
 * A part of the page as a pure function of what a reader has chosen. The same functions run when the page is made and,
 * when something is chosen, in the page's script.
 *
 * @param live whether a script is there to answer: without one no buttons are shown.
 */
export type Part = (sweep: Sweep, view: View, live: boolean) => Html;
