import type { Attack, SearchSpace } from "../../attack/Attack.ts";
import { UsageError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import { nested, overlaid, type Settings } from "../../core/layers.ts";
import { child, type Key, permutation } from "../../core/random.ts";
import { resolveSettings } from "../../core/readWhen.ts";

/** Settings that a search tries. */
export interface Candidate {
  /** First 8 digits of the hash of its options. */
  readonly id: string;
  /** Its place in the space: option → value. */
  readonly point: Settings;
  /** Complete options of the attack, at full length. */
  readonly options: Settings & { readonly steps: number };
}

// Chosen: an order of a million combinations is drawn in a moment; who has more wants fewer values.
const mostCombinations = 1e6;

/** How many combinations a space has. @throws UsageError where they are too many to be put in order. */
export function combinations({ vary }: SearchSpace): number {
  const count = Object.values(vary).reduce((product, values) => product * values.length, 1);
  if (count > mostCombinations)
    throw new UsageError(`search: invalid space: expected at most ${mostCombinations} combinations, got ${count}`);
  return count;
}

/** A space in which some settings are given: they are not varied. */
export function narrowed({ fixed = {}, vary, ...rest }: SearchSpace, given: Settings): SearchSpace {
  const isOpen = ([name]: [string, unknown]) => valueAt(given, name) === undefined;
  return { ...rest, fixed: overlaid(fixed, given), vary: Object.fromEntries(Object.entries(vary).filter(isOpen)) };
}

/**
 * Draw distinct candidates; fewer draws are the first of more.
 *
 * @param count at most; the whole space where it has no more.
 * @throws UsageError where a candidate is none.
 */
export function draw(
  attack: Pick<Attack, "options" | "readWhen">,
  space: SearchSpace,
  count: number,
  key: Key,
): Candidate[] {
  const order = permutation(child(key, "space"), combinations(space)).subarray(0, count);
  const drawn = [...order].map((index) => candidateAt(attack, space, index));
  return [...new Map(drawn.map((one) => [one.id, one])).values()];
}

function candidateAt(
  attack: Pick<Attack, "options" | "readWhen">,
  { fixed = {}, vary }: SearchSpace,
  index: number,
): Candidate {
  let rest = index;
  const point: Record<string, unknown> = {};
  for (const [name, values] of Object.entries(vary)) {
    point[name] = values[rest % values.length];
    rest = Math.floor(rest / values.length);
  }
  const settings = Object.entries(point).reduce(
    (all, [name, value]) => overlaid(all, nested(name.split("."), value)),
    fixed,
  );
  const options = resolveSettings("search", attack, settings) as Candidate["options"];
  return { id: hashJson(options).slice(0, 8), point, options };
}

const valueAt = (settings: unknown, name: string): unknown =>
  name.split(".").reduce((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], settings);
