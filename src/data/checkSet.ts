import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "./DistilledSet.ts";
import type { LabelledSet } from "./LabelledSet.ts";

type AnySet = DistilledSet | LabelledSet;

/** Longest text that is repeated whole. */
const LONGEST = 60;

/** What a person gave, in a word: never its numbers, which may be many. */
export function told(given: unknown): string {
  if (typeof given === "string") return JSON.stringify(given.length > LONGEST ? `${given.slice(0, LONGEST)}…` : given);
  if (given === null || typeof given !== "object") return typeof given === "function" ? "a function" : String(given);
  const { kind, set } = given as { readonly kind?: unknown; readonly set?: unknown };
  if (kind === "distilled" || kind === "labelled") return `a ${kind} set`;
  return set === undefined ? "another object" : "an object that has one as `set`: pass that";
}

/** What of a set does not fit the rest of it, for a sentence; undefined where all does. */
function misfit(set: AnySet): string | undefined {
  const { shape, classes } = set;
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((v) => Number.isInteger(v) && v >= 0))
    return `expected a shape of four numbers, [N, C, H, W], got ${told(shape)}`;
  if (!Number.isInteger(classes) || classes < 1)
    return `expected a number of classes of 1 or more, got ${told(classes)}`;
  const numbers = shape.reduce((product, v) => product * v, 1);
  const values = set.kind === "labelled" ? set.pixels : set.images;
  if (values?.length !== numbers)
    return `expected ${numbers} numbers for images of shape [${shape.join(", ")}], got ${values?.length ?? "none"}`;
  const rows = set.kind === "labelled" ? set.labels?.length : rowsOf(set.labels, classes);
  if (rows !== shape[0]) return `expected labels of ${shape[0]} images, got ${rows ?? "none"}`;
  if (set.kind === "distilled" && typeof set.normalisation?.kind !== "string")
    return `expected a normalisation with its kind, got ${told(set.normalisation)}`;
  return undefined;
}

const rowsOf = (labels: DistilledSet["labels"] | undefined, classes: number): number | undefined =>
  labels?.kind === "soft" ? labels.values && labels.values.length / classes : labels?.classes?.length;

/**
 * Refuse what is no set before anything is made of it: functions of the library are called from plain JavaScript too.
 *
 * @param kinds that are taken
 * @throws UsageError that says what came: a path, an answer of `open` that has the set in it, arrays that do not fit the shape.
 * @example
 * checkSet("set.pt", "audit"); // audit: invalid set: expected a distilled set, as `set` of what `open` gives, got "set.pt"
 */
export function checkSet(given: unknown, who: string, kinds: readonly AnySet["kind"][] = ["distilled"]): void {
  const set = given as AnySet | null | undefined;
  const expected = `expected a ${kinds.join(" or ")} set, as ${kinds.includes("distilled") ? "`set` of what `open` gives" : "`openRaw` gives it"}`;
  if (typeof set !== "object" || !set || !kinds.includes(set.kind))
    throw new UsageError(`${who}: invalid set: ${expected}, got ${told(given)}`);
  const wrong = misfit(set);
  if (wrong !== undefined) throw new UsageError(`${who}: invalid set ${set.name}: ${wrong}`);
}
