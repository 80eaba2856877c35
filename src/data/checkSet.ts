import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "./DistilledSet.ts";
import type { LabelledSet } from "./LabelledSet.ts";

type AnySet = DistilledSet | LabelledSet;

/** What a person gave, in a word. */
function told(given: unknown): string {
  if (given === null || given === undefined) return String(given);
  if (typeof given !== "object") return `${JSON.stringify(given)}`;
  const { kind, set } = given as { readonly kind?: unknown; readonly set?: unknown };
  if (kind === "distilled" || kind === "labelled") return `a ${kind} set`;
  return set === undefined ? "another object" : "an object that has one as `set`: pass that";
}

/** Whether arrays and shape of a set say the same. */
function isWhole(set: AnySet): boolean {
  const { shape, classes } = set;
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((v) => Number.isInteger(v) && v >= 0)) return false;
  if (!Number.isInteger(classes) || classes < 1) return false;
  const numbers = shape.reduce((product, v) => product * v, 1);
  if (set.kind === "labelled") return set.pixels?.length === numbers && set.labels?.length === shape[0];
  const { images, labels, normalisation } = set;
  const rows = labels?.kind === "soft" ? labels.values?.length / classes : labels?.classes?.length;
  return images?.length === numbers && rows === shape[0] && typeof normalisation === "object";
}

/**
 * Refuse what is no set before anything is made of it: functions of the library are called from plain JavaScript too.
 *
 * @param kinds that are taken
 * @throws UsageError that says what came: a path, an answer of `open` that has the set in it, arrays that do not fit the shape.
 */
export function checkSet(given: unknown, who: string, kinds: readonly AnySet["kind"][] = ["distilled"]): void {
  const set = given as AnySet | null | undefined;
  const expected = `expected a ${kinds.join(" or ")} set, as ${kinds.includes("distilled") ? "`set` of what `open` gives" : "`openRaw` gives it"}`;
  if (typeof set !== "object" || !set || !kinds.includes(set.kind))
    throw new UsageError(`${who}: invalid set: ${expected}, got ${told(given)}`);
  if (!isWhole(set))
    throw new UsageError(
      `${who}: invalid set ${set.name}: expected arrays of as many images as its shape says, got shape ${JSON.stringify(set.shape)} and others`,
    );
}
