import type { Attack, RawAccess } from "../../attack/Attack.ts";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { UsageError } from "../../core/errors.ts";
import type { Pace } from "../../core/Pace.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Device } from "../../engine/device.ts";
import { rawAccess } from "../../library/rawAccess.ts";
import type { Inputs } from "./Inputs.ts";
import type { TrialConfig } from "./TrialConfig.ts";

/**
 * What the attack of a trial holds besides the clean set: nothing, or the raw images that the sweep distils it from.
 *
 * @throws UsageError for an attack that distils, on a set that lies in a file: what it came from is not here.
 */
export async function rawOfTrial(
  { set, attack }: Pick<TrialConfig, "set" | "attack">,
  clean: DistilledSet,
  inputs: Inputs,
  device: Device,
  who: string,
  pace?: Pace,
): Promise<RawAccess | undefined> {
  const method = attack && (attacks[attack.method as keyof typeof attacks] as unknown as Attack);
  if (!method || method.access === "distilled-set") return undefined;
  if ("file" in set)
    throw new UsageError(
      `${who}: invalid method: expected an attack that needs the distilled set only, or a set that is distilled here (distil: …), got ${attack.method} on the file ${set.file}`,
    );
  return rawAccess(clean, await inputs.train(set.distil, who), device, who, { digest: set.sha256, pace });
}
