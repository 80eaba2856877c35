import { type Calibration, calibration } from "../audit/calibration.ts";
import { parseAs } from "../report/parseAs.ts";
import { readSharedJson, withIntegrity } from "./sharedJson.ts";

const kind = "calibration";

/**
 * Read a library of clean sets that `retort calibrate` wrote.
 *
 * @throws UsageError if there is no such file; DataError if it is no library, or damaged.
 */
export async function readCalibration(file: string, who: string): Promise<Calibration> {
  return parseAs(calibration, await readSharedJson(file, who, "library of clean sets", kind), file);
}

/** Those of several files. */
export const readCalibrations = (files: readonly string[] = [], who: string): Promise<Calibration[]> =>
  Promise.all(files.map((file) => readCalibration(file, who)));

/** The text of a library, with a digest of what it says. */
export function calibrationText(library: Calibration): string {
  return `${JSON.stringify(withIntegrity(library, kind), undefined, 1)}\n`;
}
