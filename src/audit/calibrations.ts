import { type Calibration, calibration } from "./calibration.ts";
import colour1 from "./libraries/colour-1.json" with { type: "json" };
import colour1Quick from "./libraries/colour-1-quick.json" with { type: "json" };
import colour1Soft from "./libraries/colour-1-soft.json" with { type: "json" };
import colour2to9 from "./libraries/colour-2-9.json" with { type: "json" };
import colour10 from "./libraries/colour-10.json" with { type: "json" };
import colour50 from "./libraries/colour-50.json" with { type: "json" };
import grey1 from "./libraries/grey-1.json" with { type: "json" };
import grey1Quick from "./libraries/grey-1-quick.json" with { type: "json" };
import grey2to9 from "./libraries/grey-2-9.json" with { type: "json" };
import grey10 from "./libraries/grey-10.json" with { type: "json" };

/** Libraries that come with Retort. Each says how its sets were made; `repro/audit/libraries.ts` makes them again. */
export const calibrations: readonly Calibration[] = [
  ...[colour1, colour2to9, colour10, colour50, grey1, grey2to9, grey10],
  ...[colour1Soft, colour1Quick, grey1Quick],
].map((one) => calibration.parse(one));
