import { type Calibration, type CalibrationKind, fitting } from "../../src/audit/calibration.ts";
import { calibrations } from "../../src/audit/calibrations.ts";
import { defaultAudit } from "../../src/audit/settings.ts";
import { calibrationSettings } from "../../src/library/audit.ts";

/** Shipped libraries that an audit at the default level is held against: ten classes, up to 32 pixels, hard labels. */
export const shippedFor = ({ colour, ipc }: Pick<CalibrationKind, "colour" | "ipc">): Calibration[] =>
  fitting(calibrations, { colour, ipc, labels: "hard", side: "32", classes: "2-20" }, calibrationSettings(defaultAudit));

/** Whether a library is of the quick level, which alone has no inversion. */
export const isQuick = ({ settings }: Calibration): boolean => !String(settings.detectors).includes("inversion");

/** "colour, 1 a class, hard labels". */
export const described = (library: Calibration): string => {
  const { colour, ipc, labels } = library.kind;
  return `${colour ? "colour" : "grey"}, ${ipc} a class, ${labels} labels${isQuick(library) ? ", quick" : ""}`;
};
