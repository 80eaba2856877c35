import { inject } from "vitest";

/** Arguments with which Node starts the program. */
export const program: readonly string[] = [inject("program")];
