import { RetortError } from "../core/errors.ts";

/**
 * What verification checks, in order. The numbers are stable: reports, documentation and tests refer to them.
 */
export const checks = {
  bundle: { number: 1, title: "The seal is a well-formed bundle of a known version" },
  trust: { number: 2, title: "The receiver named whom to trust" },
  signer: { number: 3, title: "The seal was made by someone the receiver trusts" },
  encoding: { number: 4, title: "Curve and signature encoding are those of the convention" },
  signature: { number: 5, title: "The signature fits the signed bytes" },
  statement: { number: 6, title: "The signed statement is of the expected type, with no extra fields" },
  serialization: { number: 7, title: "Files were listed by the convention's rules" },
  resources: { number: 8, title: "Names in the manifest are safe, unique and in order" },
  root: { number: 9, title: "The root digest fits the manifest" },
  links: { number: 10, title: "No links or special files" },
  present: { number: 11, title: "Every signed file is there, under its name" },
  content: { number: 12, title: "Every signed file has the signed content" },
  unsigned: { number: 13, title: "Nothing unsigned lies beside the signed files" },
  attestations: { number: 14, title: "Provenance and tensor digests belong to this seal" },
  tensors: { number: 15, title: "The tensors are those the publisher digested" },
  version: { number: 16, title: "The set is not older than expected" },
} as const;

export type CheckId = keyof typeof checks;

/** `note`: passed, with something worth reading. `skipped`: could not be done, since an earlier check failed, or was not asked for. */
export type CheckStatus = "passed" | "note" | "failed" | "skipped";

/** One check's outcome. */
export interface CheckResult {
  readonly id: CheckId;
  readonly number: number;
  readonly title: string;
  readonly status: CheckStatus;
  readonly message: string;
  /** Files that the message is about. */
  readonly files: readonly string[];
}

/** A check that did not pass; its message goes into the result. */
export class CheckFailure extends RetortError {
  override name = "CheckFailure";
  readonly files: readonly string[];
  constructor(message: string, files: readonly string[] = []) {
    super(message);
    this.files = files;
  }
}

/** A statement by someone who is not trusted, or about something else. Beside a seal it is noted, not believed. */
export class StrangerFailure extends CheckFailure {
  override name = "StrangerFailure";
}

/** Collects results. A failed check never stops the process; what depends on it is skipped. */
export class Checklist {
  private readonly results = new Map<CheckId, CheckResult>();

  /**
   * Do one check.
   *
   * @returns what `work` returned beside its message, or undefined if it failed. Errors that are not Retort's pass through.
   */
  async check<T>(id: CheckId, work: () => Promise<CheckOutcome<T>> | CheckOutcome<T>): Promise<T | undefined> {
    try {
      const { message, value, note, files } = await work();
      this.set(id, note ? "note" : "passed", message, files);
      return value;
    } catch (error) {
      if (!(error instanceof RetortError)) throw error;
      this.set(id, "failed", error.message, error instanceof CheckFailure ? error.files : []);
      return undefined;
    }
  }

  skip(id: CheckId, message: string): void {
    this.set(id, "skipped", message);
  }

  private set(id: CheckId, status: CheckStatus, message: string, files: readonly string[] = []): void {
    this.results.set(id, { id, ...checks[id], status, message, files });
  }

  /** All checks in order; those never reached are skipped. */
  list(): CheckResult[] {
    return Object.keys(checks).map((key) => {
      const id = key as CheckId;
      const missing = { id, ...checks[id], status: "skipped" as const, message: "not reached", files: [] };
      return this.results.get(id) ?? missing;
    });
  }

  failed(id: CheckId): boolean {
    return this.results.get(id)?.status === "failed";
  }
}

/** What a check that passed has to say. */
export interface CheckOutcome<T> {
  readonly message: string;
  readonly value?: T;
  readonly note?: boolean;
  readonly files?: readonly string[];
}
