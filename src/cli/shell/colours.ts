import process from "node:process";
import type { Sink } from "./Sink.ts";

/** Whether colours may be written there: a terminal that has them, and nobody who asked for none (no-color.org). */
export function hasColours({ isTTY }: Pick<Sink, "isTTY">, environment: NodeJS.ProcessEnv = process.env): boolean {
  return isTTY === true && !environment.NO_COLOR && !isDumb(environment);
}

/** A terminal that cannot move its cursor. */
export const isDumb = (environment: NodeJS.ProcessEnv = process.env): boolean => environment.TERM === "dumb";
