import type { Calibration, CalibrationKind, Scores } from "../../src/audit/calibration.ts";
import { detectorRegistry } from "../../src/audit/detectorRegistry.ts";
import { isStratum, strata } from "./drawnRow.ts";
import { shippedFor } from "./shipped.ts";

/** What `rates.ts` stored of a set. */
export interface Row {
  readonly stratum: string;
  readonly name: string;
  readonly maker: string;
  readonly tampered: boolean;
  readonly adaptive?: boolean;
  readonly verdict?: string;
  /** Only sets that were audited have them. */
  readonly scores?: Scores;
}

/** The scores that an audit of today has of a stored row, and the shipped libraries that it holds them against; none of other kinds or levels. */
export function heldAgainst({ stratum, scores }: Row): { scores: Scores; libraries: Calibration[] } | undefined {
  if (!scores || !isStratum(stratum) || stratum.endsWith("soft")) return;
  const { data, ipc } = strata[stratum];
  const kind: CalibrationKind["ipc"] = ipc === 1 ? "1" : ipc < 10 ? "2-9" : ipc < 50 ? "10-49" : "50+";
  const few = Object.entries(scores).filter(([name]) => ipc >= (detectorRegistry[name]?.leastImages ?? 1));
  return { scores: Object.fromEntries(few), libraries: shippedFor({ colour: data.length === 1, ipc: kind }) };
}
