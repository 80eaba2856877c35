import { namedIn } from "./spelling.ts";
import { didYouMean } from "./suggestion.ts";

/**
 * The three ways something can be wrong that is not our bug.
 *
 * Message form: `<who>: <unknown|invalid|missing> <what>: expected …, got …[; hint]`.
 */
export class RetortError extends Error {
  override name = "RetortError";
}

/** The caller asked for something that cannot be done: a wrong option, shape or name. */
export class UsageError extends RetortError {
  override name = "UsageError";
}

/** A file, assumed hostile, is not what it claims to be. `offset` is the byte where that shows, if one does. */
export class DataError extends RetortError {
  override name = "DataError";
  readonly offset: number | undefined;
  constructor(message: string, offset?: number) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`);
    this.offset = offset;
  }
}

/** A run went numerically wrong (NaN, Inf). `iteration` counts from 0. */
export class NumericError extends RetortError {
  override name = "NumericError";
  readonly iteration: number | undefined;
  constructor(message: string, iteration?: number) {
    super(iteration === undefined ? message : `${message} (at iteration ${iteration})`);
    this.iteration = iteration;
  }
}

/** A policy that the caller asked for is broken: a set without a valid seal under `--require-seal`. Exit status 1. */
export class PolicyError extends RetortError {
  override name = "PolicyError";
}

/**
 * Look a name up in a registry (a module namespace or a record), in camel or kebab case.
 *
 * @throws UsageError that lists the known names.
 */
export function lookUp<T>(registry: Readonly<Record<string, T>>, name: string, who: string, what: string): T {
  const known = Object.keys(registry).sort();
  const own = namedIn(known, name);
  if (Object.hasOwn(registry, own)) return registry[own] as T;
  const got = `got ${JSON.stringify(name)}`;
  if (known.length === 0) throw new UsageError(`${who}: unknown ${what}: expected none, since there are none, ${got}`);
  throw new UsageError(
    `${who}: unknown ${what}: expected one of ${known.join(", ")}, ${got}${didYouMean(name, known)}`,
  );
}
