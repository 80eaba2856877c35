import { UsageError } from "../core/errors.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { describeNormalisation } from "../data/normalise.ts";
import type { Floats, InputShape, Network, NetworkOptions } from "../nn/Network.ts";
import { networkRegistry } from "../nn/networkRegistry.ts";
import type { Tree } from "../tensor/tree.ts";
import type { Protocol } from "./protocol.ts";

/** A network after its training, with all that is needed to show it pictures. */
export interface TrainedNetwork {
  /** Name of its architecture in the registry. */
  readonly network: string;
  /** Channels of its first layer; absent: as the field has it. */
  readonly width?: number;
  /** C, H, W. */
  readonly input: readonly [c: number, h: number, w: number];
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** From pictures to what it sees. */
  readonly normalisation: SeenSpace;
  /** What its receiver does to pictures before that. */
  readonly receives: Exclude<Protocol["input"], "zca">;
  readonly weights: Tree<Floats>;
  readonly running: Tree<Floats>;
  /** How it came about: set, protocol, seed. Free form. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A space that every pixel of a picture leads to by itself. */
export type SeenSpace = Extract<Normalisation, { kind: "unit" | "meanStd" }>;

/** The space of a set as one of a network. @throws UsageError for whitened sets and those that do not say. */
export function seenSpace(normalisation: Normalisation, who: string): SeenSpace {
  if (normalisation.kind === "unit" || normalisation.kind === "meanStd") return normalisation;
  throw new UsageError(
    `${who}: invalid normalisation: expected unit or mean and deviation, got ${describeNormalisation(normalisation)}; networks of other spaces are not kept`,
  );
}

type Named = Pick<TrainedNetwork, "network" | "width" | "input" | "classes">;

/** The architecture that a network names. @throws UsageError for one that nobody knows. */
export function networkDefinition({ network, width, input: [channels, size], classes }: Named, who: string): Network {
  if (!Object.hasOwn(networkRegistry, network))
    throw new UsageError(
      `${who}: unknown network: expected one of ${Object.keys(networkRegistry).sort().join(", ")}, got ${JSON.stringify(network.slice(0, 80))}`,
    );
  type Factory = (shape: InputShape, options: NetworkOptions) => Network;
  const make = networkRegistry[network as keyof typeof networkRegistry] as Factory;
  return make({ channels, size, classes }, { width });
}
