import { detectorRegistry } from "../../audit/detectorRegistry.ts";
import { readsNetworks } from "../../audit/detectors/Detector.ts";
import { refuseIdle } from "../../core/readWhen.ts";
import { flagOf } from "../shell/flagOf.ts";

/** What only networks read: their own settings, and patches that are looked for before them. */
const ofNetworks = ["networks", "width", "epochs", "side", "grid", "followed", "power"];

/** Refuse options of an audit that do nothing where every detector looks at images only. @throws UsageError that names one. */
export function refuseWithoutNetworks(
  who: string,
  options: object & { readonly detectors?: readonly string[] },
  given: Iterable<string>,
): void {
  const { detectors } = options;
  const read = () =>
    detectors?.some((name) => !Object.hasOwn(detectorRegistry, name) || readsNetworks(detectorRegistry[name])) ?? true;
  const rules = ofNetworks.map((option) => ({ option, read, by: "a detector that asks networks" }));
  refuseIdle(who, rules, options, given, flagOf);
}
