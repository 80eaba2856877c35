import { DataError } from "../../core/errors.ts";
import { NotRecognised } from "../NotRecognised.ts";

/** Longest side of a picture (specification of the readers, §3). */
const maxSide = 4096;
/** Most pixels of a picture: 16 million. */
export const maxPixels = 16_000_000;

/** Hold a declared picture size against the limits, before anything is allocated for it. */
export function checkPictureSize(width: number, height: number, who: string, offset: number): void {
  if (!(width >= 1 && height >= 1 && width <= maxSide && height <= maxSide && width * height <= maxPixels)) {
    const isLarge = width >= 1 && height >= 1;
    throw new (isLarge ? NotRecognised : DataError)(
      `${who}: invalid picture size: expected sides of 1 to ${maxSide} and at most ${maxPixels} pixels, got ${width} × ${height}`,
      offset,
    );
  }
}

/** Something a picture carries beside its pixels: `rule` as in a finding, `detail` for people. */
export interface Extra {
  readonly rule: string;
  readonly detail: string;
}

/** Called with a picture's declared size before anything is allocated for its pixels; throws to refuse it. */
export type Approve = (width: number, height: number) => void;
