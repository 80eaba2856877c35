import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { type DeviceName, device } from "../../engine/device.ts";
import type { SanitiseNetworkResult } from "../../library/sanitiseNetwork.ts";
import { patchTrigger } from "../../sanitise/patchTrigger.ts";
import { ratesOfNetwork } from "../../train/ratesOfNetwork.ts";
import type { TrainedNetwork } from "../../train/TrainedNetwork.ts";

/** What a network reaches on real images; the found trigger's success, where one was found. Fractions. */
export interface NetworkRates {
  readonly name: string;
  readonly cta: number;
  readonly asr?: number;
}

/** Measure a network before and after its repair on real images. */
export async function measureNetworks(
  trained: TrainedNetwork,
  { network, steps, findings }: SanitiseNetworkResult,
  test: LabelledSet,
  set: DistilledSet,
  target: { readonly device: DeviceName; readonly threads: number },
  signal: AbortSignal,
): Promise<NetworkRates[]> {
  const found = findings.find(({ patch }) => patch !== undefined);
  const { normalisation } = trained;
  const backdoor = found?.patch && {
    trigger: patchTrigger(found.patch, { ...set, normalisation }),
    targetClass: found.targetClass,
  };
  const rows: NetworkRates[] = [];
  const all = { "the network as it came": trained, ...(steps.length > 0 && { "the repaired network": network }) };
  for (const [name, one] of Object.entries(all)) {
    signal.throwIfAborted();
    const { cta, asr } = await ratesOfNetwork(one, test, backdoor, device(target.device, target.threads));
    rows.push({ name, cta, ...(asr !== undefined && { asr }) });
  }
  return rows;
}
