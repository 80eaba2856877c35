import type { Finding } from "../../formats/Format.ts";
import type { Console } from "../shell/console.ts";
import { printable } from "../shell/printable.ts";

/** Say on stderr what was noticed while a set was opened: a set that says it was tampered with, files that were not read. Notes stay out. */
export function warnOf(findings: readonly Finding[], path: string, console: Pick<Console, "warn">): void {
  for (const { severity, message } of findings)
    if (severity !== "note")
      console.warn(`${path}: ${severity === "warning" ? "" : `${severity}: `}${printable(message, 600)}`);
}
