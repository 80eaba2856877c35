import { kebab } from "../../core/spelling.ts";

/** `["trigger", "sideLength"]` → `--trigger-side-length`. */
export function flagOf(path: readonly PropertyKey[]): string {
  return `--${path
    .filter((step) => typeof step !== "number")
    .map((step) => kebab(String(step)))
    .join("-")}`;
}
