import { lookUp, UsageError } from "../../core/errors.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { NormKind } from "../../nn/layers/Normaliser.ts";
import type { InputShape, Network, NetworkOptions } from "../../nn/Network.ts";
import { networkRegistry } from "../../nn/networkRegistry.ts";
import { convNet } from "../../nn/networks/convNet.ts";
import { isConvNet } from "./sharedOptions.ts";

/** Which network a method asks about images. */
export interface NetworkChoice {
  /** Name in the registry; the ConvNet without it. */
  readonly network?: string;
  readonly width?: number;
  /** Of the ConvNet. */
  readonly depth: number;
  readonly norm: NormKind;
}

/** The network for images of a set. @throws UsageError for a name that nobody knows. */
export function networkFor(set: LabelledSet, choice: NetworkChoice, who: string): Network {
  const { network: name, width, depth, norm } = choice;
  const [, channels, size] = set.shape;
  const shape = { channels, size, classes: set.classes };
  if (name === undefined || isConvNet(name)) return convNet(shape, { width, depth, norm });
  type Factory = (shape: InputShape, options: NetworkOptions) => Network;
  return lookUp<Factory>(networkRegistry, name, who, "network")(shape, { width });
}

/** The same for methods whose batches are of one class. @throws UsageError for a network with batch norm. */
export function networkWithoutBatchNorm(set: LabelledSet, choice: NetworkChoice, who: string): Network {
  const network = networkFor(set, choice, who);
  if (Array.isArray(network.running) && network.running.length === 0) return network;
  throw new UsageError(
    `${who}: invalid network: expected one without batch norm, whose statistics would mix the classes, got ${choice.network}`,
  );
}
