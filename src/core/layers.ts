/** Settings of one part of a trial, as far as somebody wrote them. */
export type Settings = Readonly<Record<string, unknown>>;

/** Members that name what the others belong to. */
const heads = ["method", "file", "distil", "name"];

/**
 * Lay settings over others. A layer that names another method, file or network starts afresh; one that names another raw dataset and no
 * method is the same method on that one.
 */
export function layered(below: Settings, above: Settings): Settings {
  const sameMethod = below.distil !== undefined && above.method === undefined;
  const other = heads.some(
    (head) => above[head] !== undefined && above[head] !== below[head] && !(head === "distil" && sameMethod),
  );
  return overlaid(other && heads.some((head) => below[head] !== undefined) ? {} : below, above);
}

/** Lay settings over others, member by member at any depth; lists are replaced. */
export function overlaid(below: Settings, above: Settings): Settings {
  const merged = Object.entries(above).map(([name, value]) =>
    isSettings(value) && isSettings(below[name]) ? [name, overlaid(below[name], value)] : [name, value],
  );
  return { ...below, ...Object.fromEntries(merged) };
}

/** `nested(["trigger", "side"], 3)` is `{ trigger: { side: 3 } }`. */
export const nested = (path: readonly string[], value: unknown): Settings =>
  path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Settings;

const isSettings = (value: unknown): value is Settings =>
  value !== null && typeof value === "object" && !Array.isArray(value);
