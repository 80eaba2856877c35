import { isAllowed } from "./allowed.ts";
import { actingPackages, plainData, plainFolders, pythonModules } from "./pythonModules.ts";

/**
 * What a name in a pickle means to whoever unpickles it elsewhere.
 *
 * - `allowed`: on the list of this machine or of `torch.load(weights_only=True)`; it can only describe;
 * - `unknown`: looks like data or like a class of somebody's own program; what making it does is not known here;
 * - `dangerous`: everything else: functions, classes of Python itself and of packages that can start programs, names that are
 *   computed or no plain names.
 *
 * Not a list of known attacks: a name counts as dangerous unless it is known or looks otherwise, because such lists were never complete.
 */
export function judgeGlobal(module: string, name: string): "allowed" | "unknown" | "dangerous" {
  if (isAllowed(module, name)) return "allowed";
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(module) || !/^[A-Za-z_]\w*$/.test(name)) return "dangerous";
  if (plainData.has(`${module}.${name}`)) return "unknown";
  if (!/^_?[A-Z]\w*$/.test(name)) return "dangerous";
  if (plainFolders.test(module)) return "unknown";
  return isKnownModule(module) ? "dangerous" : "unknown";
}

/** Is this module part of Python or of a package whose classes can act? */
export function isKnownModule(module: string): boolean {
  const top = module.split(".", 1)[0];
  return pythonModules.has(top) || actingPackages.has(top);
}
