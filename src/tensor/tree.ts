/** Nested arrays and records whose leaves are of one kind: parameters, optimiser states, batches. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

type IsLeaf<T> = (x: unknown) => x is T;

const entries = (tree: object): [string, unknown][] =>
  Object.keys(tree)
    .sort()
    .map((k) => [k, (tree as Record<string, unknown>)[k]]);

/** The leaves, array elements in order, record members by name. */
export function leaves<T>(tree: Tree<T>, isLeaf: IsLeaf<T>): T[] {
  if (isLeaf(tree)) return [tree];
  if (Array.isArray(tree)) return tree.flatMap((t) => leaves(t as Tree<T>, isLeaf));
  return entries(tree as object).flatMap(([, t]) => leaves(t as Tree<T>, isLeaf));
}

/** A tree of the same structure with other leaves, taken in the order of `leaves`. */
export function rebuild<T, U>(tree: Tree<T>, isLeaf: IsLeaf<T>, values: Iterable<U>): Tree<U> {
  const next = values[Symbol.iterator]();
  const walk = (node: Tree<T>): Tree<U> => {
    if (isLeaf(node)) return next.next().value as U;
    if (Array.isArray(node)) return node.map((t) => walk(t as Tree<T>));
    return Object.fromEntries(entries(node as object).map(([k, t]) => [k, walk(t as Tree<T>)]));
  };
  return walk(tree);
}
