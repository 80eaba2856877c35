import type { Interval, Summary } from "../../metrics/intervals.ts";
import { paretoFront } from "../../metrics/paretoFront.ts";
import type { Cell } from "./cells.ts";
import { ctaLoss, type Measure, pool } from "./measures.ts";

/** A condition as what it costs and what it gains. */
export interface Trade {
  readonly cell: Cell;
  readonly loss: Summary;
  readonly gain: Summary;
}

/** Conditions of which both the loss of CTA and the gain were measured. */
export function trades(cells: readonly Cell[], gain: Measure): Trade[] {
  return cells.flatMap((cell): Trade[] => {
    const [cost, won] = [pool([cell], ctaLoss), pool([cell], gain)];
    return cost && won ? [{ cell, loss: cost, gain: won }] : [];
  });
}

/** The trades that no other one beats in both, by rising loss. */
export function frontOf(all: readonly Trade[]): Trade[] {
  return paretoFront(
    all.map(({ loss }) => loss.mean),
    all.map(({ gain }) => gain.mean),
  ).map((i) => all[i]);
}

/** Ends of an interval; undefined where one seed says nothing. */
export function ends({ low, high }: Interval): [number, number] | undefined {
  return Number.isFinite(low) ? [low, high] : undefined;
}
