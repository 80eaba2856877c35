import { type Floats, isFloats } from "../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";

/** The arrays of a tree of parameters for a checkpoint, named `name.0`, `name.1`, … */
export const weightArrays = (name: string, tree: Tree<Floats>): Record<string, Floats> =>
  Object.fromEntries(leaves<Floats>(tree, isFloats).map((p, i) => [`${name}.${i}`, p]));

/**
 * The tree that `weightArrays` took apart; undefined where a checkpoint has none of that name.
 *
 * @param like a tree of the same structure
 */
export function weightTree(
  name: string,
  arrays: Readonly<Record<string, Floats>>,
  like: Tree<Floats>,
): Tree<Floats> | undefined {
  if (arrays[`${name}.0`] === undefined) return undefined;
  const values = leaves<Floats>(like, isFloats).map((_, i) => arrays[`${name}.${i}`]);
  return rebuild(like, isFloats, values);
}
