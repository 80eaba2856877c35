import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { InputShape, Network } from "../../nn/Network.ts";
import { networkRegistry as networks } from "../../nn/networkRegistry.ts";
import type { TrialConfig } from "../plan/TrialConfig.ts";

/** The receiver of a trial for images of a set. */
export function networkOf(
  { network: { name, width } }: Pick<TrialConfig, "network">,
  { shape, classes }: DistilledSet,
): Network {
  const [, channels, size] = shape;
  const make = networks[name as keyof typeof networks] as (input: InputShape, options: { width?: number }) => Network;
  return make({ channels, size, classes }, { width });
}
