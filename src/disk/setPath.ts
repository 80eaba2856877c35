import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { readRegularSync } from "./readRegular.ts";

const setFile = "distilled.safetensors";
const setsOfAttack = ["clean.safetensors", "tampered.safetensors"];

/** Chosen: a hundred times a configuration of ours. */
const mostBytes = 2 ** 20;

/**
 * Where the set lies that a path means: in the run folder of a distillation its set, otherwise the path itself.
 *
 * @throws UsageError for the run folder of an attack, which has two, and for one that holds no set (yet).
 */
export function setPath(path: string): string {
  const inside = (name: string) => existsSync(join(path, name));
  if (!inside("config.json")) return path;
  if (inside(setFile)) return join(path, setFile);
  if (setsOfAttack.every(inside))
    throw new UsageError(
      `${path}: invalid path: expected one set, got the run folder of an attack; name ${setsOfAttack.map((name) => join(path, name)).join(" or ")}`,
    );
  if (isRun(join(path, "config.json")))
    throw new UsageError(
      `${path}: invalid path: expected a set, got a run folder without a finished one; if the run was stopped, its command goes on`,
    );
  return path;
}

/** Whether a configuration is that of a run of Retort: folders of others have files of that name too. */
function isRun(config: string): boolean {
  try {
    return statSync(config).size <= mostBytes && readRegularSync(config).includes('"format": "retort-run/');
  } catch {
    return false; // no file, or not to be read: whoever opens the folder says so
  }
}
