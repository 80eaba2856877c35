import { namedIn } from "./spelling.ts";
import { didYouMean } from "./suggestion.ts";

/** Which kind of error it is, for programs. */
export type ErrorCode = "retort" | "usage" | "data" | "numeric" | "policy";

/**
 * The ways something can be wrong that is not our bug. `cause` is the error that it came from, where there was one.
 *
 * Message form: `<who>: <unknown|invalid|missing> <what>: expected …, got …[; hint]`.
 */
export class RetortError extends Error {
  override name = "RetortError";
  readonly code: ErrorCode = "retort";
}

/** The caller asked for something that cannot be done: a wrong option, shape or name. */
export class UsageError extends RetortError {
  override name = "UsageError";
  override readonly code = "usage";
}

/** A file, assumed hostile, is not what it claims to be. `offset` is the byte where that shows, if one does. */
export class DataError extends RetortError {
  override name = "DataError";
  override readonly code = "data";
  readonly offset: number | undefined;
  constructor(message: string, offset?: number, options?: ErrorOptions) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`, options);
    this.offset = offset;
  }
}

/** A run went numerically wrong (NaN, Inf). `iteration` counts from 0. */
export class NumericError extends RetortError {
  override name = "NumericError";
  override readonly code = "numeric";
  readonly iteration: number | undefined;
  constructor(message: string, iteration?: number, options?: ErrorOptions) {
    super(iteration === undefined ? message : `${message} (at iteration ${iteration})`, options);
    this.iteration = iteration;
  }
}

/** A policy that the caller asked for is broken: a set without a valid seal under `--require-seal`. Exit status 1. */
export class PolicyError extends RetortError {
  override name = "PolicyError";
  override readonly code = "policy";
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
