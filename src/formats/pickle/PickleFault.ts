import { DataError } from "../../core/errors.ts";

/** A pickle broke a rule of the restricted machine. `rule` is the id that the finding carries. */
export class PickleFault extends DataError {
  override name = "PickleFault";
  readonly rule: string;

  constructor(rule: string, message: string, offset?: number) {
    super(`pickle: ${message}`, offset);
    this.rule = rule;
  }
}
