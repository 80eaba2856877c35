import * as z from "zod";
import { DataError, UsageError } from "../core/errors.ts";
import { canonicalJson, sha256Hex } from "../core/hash.ts";
import { expectation, shown } from "../core/options.ts";
import { withoutOffset } from "../formats/Refusal.ts";
import { readSafetensors, type TensorInput, writeSafetensors } from "../formats/safetensors/safetensorsFile.ts";
import { strictJson } from "../formats/strictJson.ts";
import type { StoredTensor } from "../formats/tensor.ts";
import { type Floats, isFloats, isParamSpec, type ParamSpec } from "../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../tensor/tree.ts";
import { networkDefinition, type TrainedNetwork } from "../train/TrainedNetwork.ts";
import { readMark } from "./kept/digestMark.ts";
import { writeKept } from "./kept/keptFile.ts";
import { readRegular } from "./readRegular.ts";

/** Value of the text entry `format`. */
const FORMAT = "retort-network";
/** Whose files these are, for the digest that each carries of itself (kept/digestMark.ts). */
const OWNER = "retort network";
/** Chosen: far above what the networks of Retort take. */
const MOST = 2 ** 16;

const numbers = z.array(z.number()).min(1).max(MOST);
const entries = {
  network: z.string().max(200),
  width: z.int().min(1).max(MOST).optional(),
  input: z.tuple([z.int().min(1).max(MOST), z.int().min(1).max(4096), z.int().min(1).max(4096)]),
  classes: z.int().min(1).max(MOST),
  class_names: z.array(z.string()).max(MOST).optional(),
  normalisation: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("unit") }),
    z.strictObject({ kind: z.literal("meanStd"), name: z.string().optional(), mean: numbers, std: numbers }),
  ]),
  receives: z.enum(["as-is", "clamp", "8-bit"]),
  metadata: z.record(z.string(), z.unknown()),
};

/**
 * A network as safetensors: tensors named by their way through it (`weights.blocks.0.conv.weight`), and as text entries its
 * architecture, the space that it sees pictures in and how it came about, each JSON. Same network, same bytes.
 */
export function networkBytes(network: TrainedNetwork): Uint8Array<ArrayBuffer> {
  const { weights, running, classNames, ...said } = network;
  const { name, ...definition } = networkDefinition(said, "networkBytes");
  const tensors: Record<string, TensorInput> = {};
  for (const part of ["weights", "running"] as const) {
    const specs = named(part, definition[part], isParamSpec);
    const values = leaves<Floats>(network[part], isFloats);
    if (values.length !== specs.length)
      throw new UsageError(`networkBytes: invalid ${part}: expected those of ${name}, got ${values.length} arrays`);
    specs.forEach(([path, { shape }], i) => {
      tensors[path] = { shape, data: values[i] };
    });
  }
  const text = Object.entries({ ...said, class_names: classNames }).filter(([, value]) => value !== undefined);
  return writeSafetensors(tensors, {
    ...Object.fromEntries(text.map(([key, value]) => [key, canonicalJson(value)])),
    ...{ format: FORMAT, version: "1" },
  });
}

/**
 * Read what `networkBytes` wrote, or a program of another maker after this description.
 *
 * @throws DataError for anything else; UsageError for an architecture that this Retort does not know.
 */
export async function networkOf(bytes: Uint8Array, path: string): Promise<TrainedNetwork> {
  const { tensors, metadata } = await readSafetensors(bytes);
  if (metadata.format !== FORMAT || metadata.version !== "1")
    throw new DataError(
      `${path}: invalid network: expected safetensors with the entry format ${FORMAT}, version 1, got ${metadata.format === undefined ? "none" : `${metadata.format.slice(0, 40)}, ${metadata.version}`}; retort evaluate --keep-networks writes such files`,
      8,
    );
  const entry = <K extends keyof typeof entries>(key: K): z.infer<(typeof entries)[K]> => {
    const value = metadata[key] === undefined ? undefined : plain(metadata[key], path);
    const parsed = entries[key].safeParse(value);
    if (!parsed.success)
      throw new DataError(`${path}: invalid ${key}: ${expectation(parsed.error.issues[0])}, got ${shown(value)}`, 8);
    return parsed.data as z.infer<(typeof entries)[K]>;
  };
  const [input, classes, classNames] = [entry("input"), entry("classes"), entry("class_names")];
  const normalisation = entry("normalisation");
  const channels = normalisation.kind === "meanStd" ? [normalisation.mean.length, normalisation.std.length] : [];
  if (
    channels.some((n) => n !== 1 && n !== input[0]) ||
    (normalisation.kind === "meanStd" && normalisation.std.some((v) => !(v > 0)))
  )
    throw new DataError(`${path}: invalid normalisation: expected ${input[0]} means and positive deviations`, 8);
  if (input[1] !== input[2])
    throw new DataError(`${path}: invalid input: expected a square, got ${input.join("×")}`, 8);
  if (classNames && classNames.length !== classes)
    throw new DataError(`${path}: invalid class_names: expected ${classes}, got ${classNames.length}`, 8);
  const width = entry("width");
  const said = {
    ...{ network: entry("network"), input, classes, normalisation, receives: entry("receives") },
    ...(width !== undefined && { width }),
    metadata: entry("metadata"),
  };
  const definition = networkDefinition(said, path);
  const known = new Set(Object.keys(tensors));
  const part = (name: "weights" | "running"): Tree<Floats> => {
    const values = named(name, definition[name], isParamSpec).map(([at, { shape }]) => {
      known.delete(at);
      return floatsOf(tensors[at], at, shape, path);
    });
    return rebuild<ParamSpec, Floats>(definition[name], isParamSpec, values);
  };
  const [weights, running] = [part("weights"), part("running")];
  if (known.size > 0)
    throw new DataError(
      `${path}: unknown tensor: expected those of ${said.network}, got ${JSON.stringify([...known][0].slice(0, 80))}`,
      8,
    );
  return { ...said, ...(classNames && { classNames }), weights, running };
}

/** SHA-256 of what a network's file holds, without the digest that the file carries of itself. */
export const networkDigest = (network: TrainedNetwork): string => sha256Hex(networkBytes(network));

/** Write a network: whole or not at all, with a digest of itself. */
export const writeNetwork = (path: string, network: TrainedNetwork): Promise<void> =>
  writeKept(path, networkBytes(network), OWNER);

/** @throws UsageError if there is no such file; DataError if it is damaged or no network. */
export async function readNetwork(path: string, who: string): Promise<TrainedNetwork> {
  const said = `${who}: invalid file ${path}`;
  const bytes = new Uint8Array(
    await readRegular(path, said).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
      throw new UsageError(`${who}: missing file: expected a network at ${path}, got none`);
    }),
  );
  const network = await networkOf(bytes, path).catch((error: unknown) => {
    if (!(error instanceof DataError) || error.message.startsWith(path)) throw error;
    throw new DataError(`${path}: ${withoutOffset(error)}`, error.offset, { cause: error });
  });
  // Files of other makers carry no digest, and may say what they are in another order.
  const ours = new TextDecoder("latin1").decode(bytes.subarray(8, 25)) === '{"__metadata__":{';
  const marked = readMark(bytes, OWNER);
  if (ours && marked.kind === "damaged")
    throw new DataError(`${path}: damaged file: expected what was written, got ${marked.fault}`, 8);
  return network;
}

/** Leaves by their way through the tree, in the order of `leaves`. */
function named<T>(path: string, tree: Tree<T>, isLeaf: (x: unknown) => x is T): [path: string, leaf: T][] {
  if (isLeaf(tree)) return [[path, tree]];
  const keys = Object.keys(tree as object);
  if (!Array.isArray(tree)) keys.sort();
  return keys.flatMap((key) => named(`${path}.${key}`, (tree as Readonly<Record<string, Tree<T>>>)[key], isLeaf));
}

function floatsOf(tensor: StoredTensor | undefined, name: string, shape: readonly number[], path: string): Floats {
  if (!tensor) throw new DataError(`${path}: missing tensor: expected ${name} [${shape}], got none`, 8);
  if (!(tensor.data instanceof Float32Array) || tensor.dtype !== "float32" || tensor.shape.join() !== shape.join())
    throw new DataError(
      `${path}: invalid ${name}: expected float32 [${shape}], got ${tensor.dtype} [${tensor.shape}]`,
      8,
    );
  if (!tensor.data.every(Number.isFinite)) throw new DataError(`${path}: invalid ${name}: expected finite numbers`, 8);
  return tensor.data as Floats;
}

/** A JSON text that is one value with no key twice. */
function plain(text: string, path: string): unknown {
  strictJson(text, path);
  return JSON.parse(text);
}
