import { existsSync } from "node:fs";
import { writeNetwork } from "../disk/networkFile.ts";
import { setDigest } from "../disk/setDigest.ts";
import type { EvaluationOutcome, TrainedReceiver } from "../train/evaluate.ts";
import type { Protocol } from "../train/protocol.ts";
import { seenSpace, type TrainedNetwork } from "../train/TrainedNetwork.ts";
import type { Run } from "./Run.ts";

export interface KeptReceivers {
  /** Architecture and width behind each name that results carry. */
  readonly networks: Readonly<Record<string, Pick<TrainedNetwork, "network" | "width">>>;
  readonly protocol: Protocol;
  /** Root of the run's randomness, for the record. */
  readonly seed: number;
}

/** Writes the receivers of an evaluation into its run folder, each in a file of its own. */
export interface ReceiverKeeper {
  /** Whether a receiver's network lies there, or has none to lie there. */
  has(network: string, outcome: EvaluationOutcome): boolean;
  save(trained: TrainedReceiver & { readonly network: string }): Promise<void>;
}

/** `networks/convNet-32-100-0-tampered.safetensors` */
export const networkName = (
  network: string,
  { epochs, seed, set }: Pick<EvaluationOutcome, "epochs" | "seed" | "set">,
): string => `networks/${network}-${epochs}-${seed}-${set}.safetensors`;

/** Keep the networks of an evaluation (disk/networkFile.ts). */
export function receiverKeeper(run: Run, { networks, protocol, seed: root }: KeptReceivers): ReceiverKeeper {
  return {
    has: (network, outcome) => "divergedAt" in outcome || existsSync(run.path(networkName(network, outcome))),
    async save({ network, seed, epochs, name, set, state }) {
      const { epochs: _, ...how } = protocol;
      const trained: TrainedNetwork = {
        ...networks[network],
        input: set.shape.slice(1) as unknown as TrainedNetwork["input"],
        classes: set.classes,
        ...(set.classNames && { classNames: set.classNames }),
        normalisation: seenSpace(set.normalisation, "evaluate"),
        receives: how.input as TrainedNetwork["receives"],
        weights: state.weights,
        running: state.running,
        metadata: {
          trainedOn: { set: name, sha256: setDigest(set), ...tellsOf(set.metadata) },
          seed: root,
          network: seed,
          protocol: { ...how, epochs },
        },
      };
      await writeNetwork(run.path(networkName(network, { seed, epochs, set: name })), trained);
    },
  };
}

/** What a set says of itself that whoever gets a network of it should know. */
const tellsOf = ({ tampered, sanitised }: Readonly<Record<string, unknown>>) => ({
  ...(tampered !== undefined && { tampered }),
  ...(sanitised !== undefined && { sanitised }),
});
