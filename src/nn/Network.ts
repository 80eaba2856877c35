import { child, type Key, uniform } from "../core/random.ts";
import type { Spec } from "../tensor/compile.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import { leaves, rebuild, type Tree } from "../tensor/tree.ts";

export type Floats = Float32Array<ArrayBuffer>;

/** Shape of one parameter and the distribution it starts from: U(−bound, bound), or a constant. */
export interface ParamSpec {
  readonly shape: readonly number[];
  readonly bound?: number;
  readonly constant?: number;
}

export interface Forward {
  /** [N, K]. */
  readonly logits: Tensor;
  /** What the last linear layer reads, [N, D]. */
  readonly features: Tensor;
  /** What each activation gives, the first layer's first; only of networks that show it. */
  readonly maps?: readonly Tensor[];
  /** What each batch norm reads, the first layer's first; only of networks that show it. */
  readonly normed?: readonly Tensor[];
  /** Running statistics after this batch, in the structure of `Network.running`; empty without batch norm. */
  readonly running: Tree<Tensor>;
}

/** A network as a pure function over trees of parameters. */
export interface Network {
  readonly name: string;
  /** C, H, W. */
  readonly input: readonly [c: number, h: number, w: number];
  readonly classes: number;
  /** Trained parameters. */
  readonly weights: Tree<ParamSpec>;
  /** Statistics that batch norm keeps for evaluation; an empty tree for most networks. */
  readonly running: Tree<ParamSpec>;
  /**
   * @param x N C H W, normalised
   * @param training batch norm uses the batch's statistics and updates the running ones
   */
  forward(weights: Tree<Tensor>, running: Tree<Tensor>, x: Tensor, training: boolean): Forward;
}

/** What a network needs to know of the data. */
export interface InputShape {
  readonly channels: number;
  /** Height = width, in pixels. */
  readonly size: number;
  readonly classes: number;
}

/** What every network of the registry can be asked for. */
export interface NetworkOptions {
  /** Channels of the first layer (units of the MLP, dimension of the ViT); the other layers follow in proportion. */
  readonly width?: number;
}

/** The sizes of a network whose first layer has `width` instead of `standard` channels. */
export const inProportion =
  (width: number, standard: number) =>
  (n: number): number =>
    Math.max(1, Math.round((n * width) / standard));

/** Pixels by which the first convolution pads further: the field turns 1-channel images of 28 pixels into 32. */
export const padTo32 = ({ channels, size }: InputShape): number => (channels === 1 && size === 28 ? 2 : 0);

export const isParamSpec = (x: unknown): x is ParamSpec =>
  typeof x === "object" && x !== null && "shape" in x && ("bound" in x || "constant" in x);

export const isFloats = (x: unknown): x is Floats => x instanceof Float32Array;

/**
 * Number of trained parameters, P.
 *
 * @example
 * parameterCount(networks.convNet({ channels: 3, size: 32, classes: 10 })); // 320010
 */
export const parameterCount = (network: Network): number =>
  leaves<ParamSpec>(network.weights, isParamSpec).reduce((n, p) => n + p.shape.reduce((a, b) => a * b, 1), 0);

/** Shapes for `compile`. */
export const specsOf = (tree: Tree<ParamSpec>): Tree<Spec> =>
  rebuild(
    tree,
    isParamSpec,
    leaves<ParamSpec>(tree, isParamSpec).map((p): Spec => ({ shape: p.shape, dtype: "float32" })),
  );

/**
 * Draw initial parameters. Each parameter has its own stream, so that no two networks of one key share numbers by chance.
 *
 * @example
 * const weights = initialise(network.weights, child(key(7), "weights"));
 */
export function initialise(tree: Tree<ParamSpec>, key: Key): Tree<Floats> {
  const values = leaves<ParamSpec>(tree, isParamSpec).map((p, i) => {
    const n = p.shape.reduce((a, b) => a * b, 1);
    if (p.bound === undefined) return new Float32Array(n).fill(p.constant ?? 0);
    return uniform(child(key, i), n, -p.bound, p.bound);
  });
  return rebuild(tree, isParamSpec, values);
}

/** All zeros in the structure of `tree`: a fresh momentum. */
export const zerosLike = (tree: Tree<Floats>): Tree<Floats> =>
  rebuild(
    tree,
    isFloats,
    leaves<Floats>(tree, isFloats).map((p) => new Float32Array(p.length)),
  );
