import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";

const setFile = "distilled.safetensors";
const setsOfAttack = ["clean.safetensors", "tampered.safetensors"];

/**
 * Where the set lies that a path means: in the run folder of a distillation its set, otherwise the path itself.
 *
 * @throws UsageError for the run folder of an attack, which has two.
 */
export function setPath(path: string): string {
  const inside = (name: string) => existsSync(join(path, name));
  if (!inside("config.json")) return path;
  if (inside(setFile)) return join(path, setFile);
  if (setsOfAttack.every(inside))
    throw new UsageError(
      `${path}: invalid path: expected one set, got the run folder of an attack; name ${setsOfAttack.map((name) => join(path, name)).join(" or ")}`,
    );
  return path;
}
