import { describe, expect, it } from "vitest";
import { batchNorm, groupNorm, layerNorm } from "../../src/nn/layers/norms.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { compile, type Spec } from "../../src/tensor/compile.ts";
import { avgPool2d, type ConvOptions, conv2d, maxPool2d } from "../../src/tensor/conv.ts";
import { grad } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, relativeError, type Summary } from "../golden/summary.ts";
import { scatterAddRows, takeAlongLast } from "./indexing.ts";
import { affineResample, gridSample } from "./resample.ts";

type Literal = { readonly values: number[]; readonly shape: number[]; readonly integer?: boolean };
type Input = DetSpec | Literal;
type Named = Record<string, Tensor>;

interface Case {
  readonly name: string;
  readonly op: string;
  // biome-ignore lint/suspicious/noExplicitAny: attributes differ per operator
  readonly attributes: any;
  readonly inputs: Record<string, Input>;
  readonly cotangent: DetSpec;
  readonly directions: Record<string, DetSpec>;
  readonly results: { output: Summary; gradients: Record<string, Summary>; second?: Record<string, Summary> };
}

const { cases } = golden<{ cases: Case[] }>("primitives.json");
const TOLERANCE = 3e-6;

const isInteger = (input: Input): boolean => "values" in input && input.integer === true;
const valuesOf = (input: Input) => {
  if ("det" in input) return build(input);
  return input.integer ? Int32Array.from(input.values) : Float32Array.from(input.values);
};

/** A kernel in PyTorch's order O I H W as ours. */
const kernel = (w: Tensor): Tensor => T.transpose(w, [2, 3, 1, 0]);
const convOptions = (a: Case["attributes"]): ConvOptions => ({
  stride: a.stride,
  padding: a.padding,
  dilation: a.dilation,
  groups: a.groups,
});
const channel = (b: Tensor): Tensor => T.reshape(b, [b.shape[0], 1, 1]);
const [SWAP, both] = [[0, 2, 1], (n: number): [number, number] => [n, n]];

/** Along the axis of the attribute, of three. */
const along = (f: (x: Tensor) => Tensor, axis: number, x: Tensor): Tensor =>
  axis === -1 ? f(x) : T.transpose(f(T.transpose(x, SWAP)), SWAP);
const logSumExp = (x: Tensor): Tensor => T.sub(T.slice(x, first(x)), T.slice(T.logSoftmax(x), first(x)));
const first = (x: Tensor): [number, number][] => x.shape.map((d, i) => (i === x.shape.length - 1 ? [0, 1] : [0, d]));
/** Layer norm over the last axis. */
function lastNorm({ x, scale, bias }: Named): Tensor {
  const centred = T.sub(x, T.mean(x, [-1], true));
  const deviation = T.sqrt(T.add(T.mean(T.square(centred), [-1], true), 1e-5));
  return T.add(T.mul(T.div(centred, deviation), scale), bias);
}
const affine = (i: Named) => ({ weight: i.scale, bias: i.bias });

/** A pooling's border of zeros; for maxima of values above −10, one that never wins. */
const padded = (x: Tensor, [h, w]: number[]): Tensor =>
  h + w === 0 ? x : T.pad(x, [both(0), both(0), both(h), both(w)]);

const programs: Record<string, (i: Named, a: Case["attributes"], c: Case) => Tensor> = {
  conv: (i, a) => {
    const y = conv2d(i.x, kernel(i.w), convOptions(a));
    return i.b ? T.add(y, channel(i.b)) : y;
  },
  // A transposed convolution is the derivative of a convolution by its images.
  convTranspose: (i, a, c) => {
    const images = T.zeros(c.cotangent.shape);
    const y = grad((z: Tensor) => T.inner(conv2d(z, kernel(i.w), convOptions(a)), i.x))(images);
    return T.add(y, channel(i.b));
  },
  maxPool: (i, a) => {
    const raised = a.padding[0] > 0 ? T.add(i.x, 10) : i.x;
    const y = maxPool2d(padded(raised, a.padding), a.kernel_size[0], a.stride[0]);
    return a.padding[0] > 0 ? T.sub(y, 10) : y;
  },
  avgPool: (i, a) => {
    const pool = (x: Tensor) => avgPool2d(padded(x, a.padding), a.kernel_size[0], a.stride[0]);
    return a.count_include_pad ? pool(i.x) : T.div(pool(i.x), pool(T.broadcastTo(1, i.x.shape)));
  },
  batchNorm: (i, a) =>
    batchNorm(affine(i), { mean: i.mean ?? i.bias, variance: i.variance ?? i.bias }, i.x, a.training).y,
  layerNorm: (i, a) => (a.axes === 3 ? layerNorm(affine(i), i.x) : lastNorm(i)),
  groupNorm: (i, a) => groupNorm(affine(i), i.x, a.groups),
  relu: (i) => T.relu(i.x),
  sigmoid: (i) => T.sigmoid(i.x),
  tanh: (i) => T.sub(T.mul(T.sigmoid(T.mul(i.x, 2)), 2), 1),
  swish: (i) => T.swish(i.x),
  softplus: (i) => T.log(T.add(T.exp(i.x), 1)),
  leaky: (i) => T.leakyRelu(i.x),
  gelu: (i) => T.gelu(i.x),
  exp: (i) => T.exp(i.x),
  sin: (i) => T.sin(i.x),
  cos: (i) => T.cos(i.x),
  erf: (i) => T.erf(i.x),
  abs: (i) => T.maximum(i.x, T.neg(i.x)),
  square: (i) => T.square(i.x),
  log: (i) => T.log(i.x),
  sqrt: (i) => T.sqrt(i.x),
  reciprocal: (i) => T.reciprocal(i.x),
  rsqrt: (i) => T.reciprocal(T.sqrt(i.x)),
  "x * w / d + b": (i) => T.add(T.div(T.mul(i.x, i.w), i.d), i.b),
  clamp: (i, a) => T.clip(i.x, a.low, a.high),
  maximum: (i) => T.maximum(i.x, i.w),
  minimum: (i) => T.minimum(i.x, i.w),
  "x > 0.1 ? x * w : w": (i) => T.where(T.less(0.1, i.x), T.mul(i.x, i.w), i.w),
  softmax: (i, a) => along(T.softmax, a.axis, i.x),
  logSoftmax: (i, a) => along(T.logSoftmax, a.axis, i.x),
  logSumExp: (i, a) => along(logSumExp, a.axis, i.x),
  sum: (i, a) => T.sum(i.x, a.axes),
  mean: (i, a) => T.mean(i.x, a.axes),
  max: (i, a) => T.max(i.x, a.axes),
  min: (i, a) => T.min(i.x, a.axes),
  product: (i, a) => T.prod(i.x, a.axes),
  "biased variance": (i, a) => T.mean(T.square(T.sub(i.x, T.mean(i.x, a.axes, true))), a.axes),
  matmul: (i) => T.matmul(i.x, i.w),
  "x wᵀ + b": (i) => T.add(T.matmul(i.x, T.transpose(i.w, [1, 0])), i.b),
  pad: (i, a) => T.pad(i.x, a.widths),
  flip: (i, a) => T.flip(i.x, a.axes),
  slice: (i, a) =>
    T.slice(
      i.x,
      a.start.map((s: number, d: number) => [s, a.end[d]]),
    ),
  transpose: (i, a) => T.transpose(i.x, a.permutation),
  concat: (i, a) => T.concat([i.x, i.w], a.axis),
  "nearest resize by 2 of H and W": ({ x }) => {
    const [n, c, h, w] = x.shape;
    return T.reshape(T.broadcastTo(T.reshape(x, [n, c, h, 1, w, 1]), [n, c, h, 2, w, 2]), [n, c, 2 * h, 2 * w]);
  },
  "rows x[i]": (i) => T.takeRows(i.x, i.i),
  "gather along the last axis: y[n, j] = x[n, i[n, j]]": (i) => takeAlongLast(i.x, i.i),
  "y = x; y[i[j], :] += w[j, :]": (i) => scatterAddRows(i.x, i.i, i.w),
  "mean cross entropy, hard labels": (i) => crossEntropy(i.x, T.oneHot(i.y, 6)),
  "mean cross entropy against (1 - s) one-hot + s / K": (i, a) =>
    crossEntropy(i.x, T.add(T.mul(T.oneHot(i.y, 6), 1 - a.smoothing), a.smoothing / 6)),
  "mean cross entropy against softmax(t)": (i) => crossEntropy(i.x, T.softmax(i.t)),
  "T² · mean over images of KL(softmax(t / T) ‖ softmax(x / T))": (i, a) => {
    const [t, x] = [T.mul(i.t, 1 / a.temperature), T.mul(i.x, 1 / a.temperature)];
    const kl = T.sum(T.mul(T.softmax(t), T.sub(T.logSoftmax(t), T.logSoftmax(x))), [1]);
    return T.mul(T.mean(kl), a.temperature ** 2);
  },
  "mean over all elements": (i) => T.mean(T.square(T.sub(i.x, i.t))),
  "affine grid, bilinear, zeros outside": (i, a) => affineResample(i.x, i.theta, { alignCorners: a.align_corners }),
  "bilinear at grid[n, y, x] = (x, y), zeros outside": (i, a) =>
    gridSample(i.x, i.grid, { alignCorners: a.align_corners }),
};

/** PyTorch gives the gradient of tied maxima to the first; here they share it, so only the values can be compared. */
const VALUES_ONLY = new Set(["max-pool/ties"]);

describe.each(cases)("$name against PyTorch", (c) => {
  const program = programs[c.op];
  const names = Object.keys(c.inputs);
  const free = names.filter((n) => !isInteger(c.inputs[n]));
  const run = (i: Named): Tensor => T.reshape(program(i, c.attributes, c), c.cotangent.shape);
  const specs = names.map(
    (n): Spec => ({ shape: c.inputs[n].shape, dtype: isInteger(c.inputs[n]) ? "int32" : "float32" }),
  );
  const data = names.map((n) => valuesOf(c.inputs[n]));
  const extra = [c.cotangent, ...free.map((n) => c.directions[n])];
  const extraSpecs = extra.map((d): Spec => ({ shape: d.shape, dtype: "float32" }));
  const evaluate = async (f: (i: Named, cotangent: Tensor, directions: Named) => Tensor[]): Promise<Float32Array[]> => {
    const flat = (...list: Tensor[]) => {
      const inputs = Object.fromEntries(names.map((n, k) => [n, list[k]]));
      const directions = Object.fromEntries(free.map((n, k) => [n, list[names.length + 1 + k]]));
      return f(inputs, list[names.length], directions);
    };
    const compiled = await compile<Float32Array<ArrayBuffer>[], Float32Array<ArrayBuffer>[]>(flat, [
      ...specs,
      ...extraSpecs,
    ]);
    const out = await compiled(...([...data, ...extra.map(build)] as Float32Array<ArrayBuffer>[]));
    await compiled.close();
    return out;
  };
  const pick = (i: Named): Named => Object.fromEntries(free.map((n) => [n, i[n]]));
  const gradient = (i: Named, cotangent: Tensor): Named =>
    grad((v: Named) => T.inner(run({ ...i, ...v }), cotangent))(pick(i));

  it("has the same value", async () => {
    const [y] = await evaluate((i) => [run(i)]);
    expect(relativeError(c.results.output, y)).toBeLessThan(TOLERANCE);
  });

  if (!VALUES_ONLY.has(c.name))
    it("has the same gradient", async () => {
      const wanted = free.filter((n) => c.results.gradients[n]);
      const out = await evaluate((i, cotangent) => {
        const g = gradient(i, cotangent);
        return wanted.map((n) => g[n]);
      });
      wanted.forEach((n, k) => {
        expect(relativeError(c.results.gradients[n], out[k]), n).toBeLessThan(TOLERANCE);
      });
    });

  if (c.results.second && !VALUES_ONLY.has(c.name))
    it("has the same second derivative", async () => {
      const wanted = free.filter((n) => c.results.second?.[n]);
      const out = await evaluate((i, cotangent, directions) => {
        const inner = (v: Named) => {
          const g = gradient({ ...i, ...v }, cotangent);
          return free.map((n) => T.inner(g[n], directions[n])).reduce((x, y) => T.add(x, y));
        };
        const second = grad(inner)(pick(i));
        return wanted.map((n) => second[n]);
      });
      wanted.forEach((n, k) => {
        expect(relativeError(c.results.second![n], out[k]), n).toBeLessThan(TOLERANCE);
      });
    });
});
