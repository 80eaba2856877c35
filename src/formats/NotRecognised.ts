import { DataError } from "../core/errors.ts";

/** Nothing is wrong with the content as far as it was looked at; it is only nothing that is read here. */
export class NotRecognised extends DataError {
  override name = "NotRecognised";
}
