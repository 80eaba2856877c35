import { type Calibration, calibration } from "./calibration.ts";
import colour1 from "./libraries/colour-1.json" with { type: "json" };

/** Libraries that come with Retort. Each says how its sets were made; `repro/audit/libraries.ts` makes them again. */
export const calibrations: readonly Calibration[] = [colour1].map((one) => calibration.parse(one));
