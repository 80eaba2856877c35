import { existsSync } from "node:fs";
import { join } from "node:path";

const setFile = "distilled.safetensors";

/** Where the set lies that a path means: in the run folder of a distillation its set, otherwise the path itself. */
export function setPath(path: string): string {
  const inside = join(path, setFile);
  return existsSync(join(path, "config.json")) && existsSync(inside) ? inside : path;
}
