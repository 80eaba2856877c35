import type { ReadWhen } from "../core/readWhen.ts";
import { detectorRegistry } from "./detectorRegistry.ts";
import { readsNetworks } from "./detectors/Detector.ts";
import type { AuditSettings } from "./settings.ts";

type Asked = Pick<AuditSettings, "detectors">;

/** What is read only where a detector asks networks: where all look at images, none is trained. */
export const ofNetworks = (option: string): ReadWhen<Asked> => ({
  option,
  read: ({ detectors }) =>
    detectors?.some((name) => !Object.hasOwn(detectorRegistry, name) || readsNetworks(detectorRegistry[name])) ?? true,
  by: "a detector that asks networks",
});

/** Which settings of an audit read which others. */
export const auditReadWhen: readonly ReadWhen<Asked>[] = [
  { option: "level", read: ({ detectors }) => detectors === undefined, by: "the detectors of a level" },
  ...["network", "width", "epochs", "side", "grid", "followed"].map(ofNetworks),
];
