import { type Calibration, calibration } from "../audit/calibration.ts";
import { readJsonText } from "../disk/readText.ts";
import { parseAs } from "../report/parseAs.ts";

/**
 * Read a library of clean sets that `retort calibrate` wrote.
 *
 * @throws UsageError if there is no such file; DataError if it is no library.
 */
export async function readCalibration(file: string, who: string): Promise<Calibration> {
  return parseAs(calibration, await readJsonText(file, who, "library of clean sets"), file);
}
