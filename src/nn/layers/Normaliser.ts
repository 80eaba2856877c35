import { type ConvOptions, conv2d } from "../../tensor/conv.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import type { ParamSpec } from "../Network.ts";
import { type Affine, conv, type Kernel } from "./affine.ts";
import { foldedConvNorm, folds } from "./foldedNorm.ts";
import { batchNorm, groupNorm, instanceNorm, layerNorm, normParams, type Running, runningParams } from "./norms.ts";

export const norms = ["none", "batch", "layer", "instance", "group"] as const;
export type NormKind = (typeof norms)[number];

/** A convolution and the norm of what it gives; `norm` is empty for "none". */
export type ConvNorm<T> = { readonly conv: Kernel<T>; readonly norm: Affine<T> | readonly [] };

/** A convolution of `maps` = C H W numbers with the norm after it. */
export const convNormParams = (
  kernel: Kernel<ParamSpec>,
  kind: NormKind,
  [c, h, w]: readonly [number, number, number],
): ConvNorm<ParamSpec> => ({
  conv: kernel,
  norm: kind === "none" ? [] : kind === "layer" ? normParams(c, h, w) : normParams(c),
});

/** Running statistics of the batch norms of a network, in the order in which its forward pass meets them. */
export const runningOf = (kind: NormKind, channels: readonly number[]): Tree<ParamSpec> =>
  kind === "batch" ? channels.map(runningParams) : [];

/** The norms of one forward pass. Batch norms take their statistics in order and leave the updated ones in `updated`. */
export class Normaliser {
  readonly kind: NormKind;
  private readonly running: readonly Running<Tensor>[];
  private readonly training: boolean;
  private readonly after: Running<Tensor>[] = [];
  /** What each batch norm has read. */
  readonly read: Tensor[] = [];

  /** @param running as `runningOf` laid them out */
  constructor(kind: NormKind, running: Tree<Tensor>, training: boolean) {
    this.kind = kind;
    this.running = running as unknown as readonly Running<Tensor>[];
    this.training = training;
  }

  /** norm(conv(x)). */
  convNorm(p: ConvNorm<Tensor>, x: Tensor, options?: ConvOptions): Tensor {
    // Differs: PyTorch adds the bias, and the instance norm takes it out again with the mean. It has no effect and
    // no gradient (PyTorch's is rounding noise), so it stays out of the computation.
    if (this.kind === "instance" && folds(p.conv.weight, options))
      return foldedConvNorm(p.conv.weight, p.norm as Affine<Tensor>, x, options);
    const maps = this.kind === "instance" ? conv2d(x, p.conv.weight, options) : conv(p.conv, x, options);
    return this.norm(p.norm as Affine<Tensor>, maps);
  }

  norm(p: Affine<Tensor>, x: Tensor): Tensor {
    switch (this.kind) {
      case "none":
        return x;
      case "instance":
        return instanceNorm(p, x);
      case "group":
        return groupNorm(p, x, 4);
      case "layer":
        return layerNorm(p, x);
      case "batch": {
        this.read.push(x);
        const { y, running } = batchNorm(p, this.running[this.after.length], x, this.training);
        this.after.push(running);
        return y;
      }
    }
  }

  /** The statistics after this pass, in the structure of `runningOf`. */
  get updated(): Tree<Tensor> {
    return this.after as unknown as Tree<Tensor>;
  }
}
