import { DataError } from "../../core/errors.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors/safetensorsFile.ts";
import { type Floats, isFloats, isParamSpec, type Network, type ParamSpec } from "../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import type { Trained } from "../../train/train.ts";

/** Store what evaluation needs of a trained network: weights, running statistics, losses. The optimiser's state is left out. */
export function encodeNetwork({ state, losses }: Trained): Uint8Array {
  const named = (prefix: string, tree: Tree<Floats>) =>
    leaves<Floats>(tree, isFloats).map((data, i) => [`${prefix}${i}`, { shape: [data.length], data }] as const);
  const tensors = Object.fromEntries([...named("weights", state.weights), ...named("running", state.running)]);
  return writeSafetensors(tensors, { json: JSON.stringify({ losses }) });
}

/** @throws DataError if the file holds another network. */
export async function decodeNetwork(bytes: Uint8Array<ArrayBuffer>, network: Network): Promise<Trained> {
  const { tensors, metadata } = await readSafetensors(bytes);
  const tree = (prefix: string, specs: Tree<ParamSpec>): Tree<Floats> => {
    const list = leaves<ParamSpec>(specs, isParamSpec).map(({ shape }, i) => {
      const data = tensors[`${prefix}${i}`]?.data;
      const length = shape.reduce((a, b) => a * b, 1);
      if (!(data instanceof Float32Array) || data.length !== length)
        throw new DataError(`network: invalid ${prefix}${i}: expected ${length} floats, got ${data?.length ?? "none"}`);
      return data as Floats;
    });
    return rebuild(specs, isParamSpec, list);
  };
  const state = {
    weights: tree("weights", network.weights),
    running: tree("running", network.running),
    slots: [],
    step: 0,
  };
  return { state, losses: JSON.parse(metadata.json ?? "null")?.losses ?? [] };
}
