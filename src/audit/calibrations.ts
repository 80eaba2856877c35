import type { Calibration } from "./calibration.ts";

/** Libraries that come with Retort. Each says how its sets were made. */
export const calibrations: readonly Calibration[] = [];
