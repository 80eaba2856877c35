import { readNetwork, writeNetwork } from "../disk/networkFile.ts";
import type { TrainedNetwork } from "../train/TrainedNetwork.ts";

/**
 * Open a trained network that `retort evaluate --keep-networks` kept. Nothing in the file is executed.
 *
 * @throws UsageError if there is no such file; DataError if it is damaged or no network.
 * @example
 * const { network } = await sanitiseNetwork(await openNetwork("network.safetensors"), set);
 */
export const openNetwork = (path: string): Promise<TrainedNetwork> => readNetwork(path, "openNetwork");

/**
 * Save a trained network as safetensors, whole or not at all, in place of what is there.
 *
 * @example
 * await saveNetwork(network, "repaired.safetensors");
 */
export const saveNetwork = (network: TrainedNetwork, path: string): Promise<void> => writeNetwork(path, network);
