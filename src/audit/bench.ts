import type { Scope } from "../core/closable.ts";
import { child, type Key } from "../core/random.ts";
import type { Device } from "../engine/device.ts";
import type { LearnerState } from "../train/Learner.ts";
import type { AuditedSet } from "./AuditedSet.ts";
import { carriers } from "./carriers.ts";
import type { DetectorContext } from "./detectors/Detector.ts";
import { inverter } from "./inversion.ts";
import { Jury } from "./Jury.ts";
import type { Panel } from "./Panel.ts";

/** Networks that search, and as many others that judge; pictures of each. */
export const NETWORKS = 3;
const PICTURES = 32;

/** What the networks of an audit are asked with. */
export type Bench = Pick<DetectorContext, "search" | "held" | "descent">;

/** Seat the networks of an audit before pictures that are none of the set. @param states those that search first */
export async function bench(
  panel: Panel,
  audited: AuditedSet,
  states: readonly LearnerState[],
  key: Key,
  device: Device,
  scope: Scope,
): Promise<Bench> {
  const juryOf = (some: readonly LearnerState[], name: string) =>
    Jury.seat(panel, some, carriers(audited, PICTURES, child(key, name)), audited.shape);
  const search = await juryOf(states.slice(0, NETWORKS), "search");
  const held = await juryOf(states.slice(NETWORKS), "held");
  return { search, held, descent: scope.hold(await inverter(audited, search, device)) };
}
