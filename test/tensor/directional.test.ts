import { defaultDevice, init, numpy as np } from "@jax-js/jax";
import { beforeAll, describe, expect, it } from "vitest";
import { groupNorm, instanceNorm, layerNorm } from "../../src/nn/layers/norms.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { avgPool2d, conv2d, maxPool2d, sumPool2d } from "../../src/tensor/conv.ts";
import { grad, jvp } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { det } from "../golden/det.ts";
import { scatterAddRows, takeAlongLast } from "./indexing.ts";
import { affineResample } from "./resample.ts";

/**
 * Every operation at odd shapes against the tracer's own backends in double precision: values, the derivative along
 * a direction, and the second derivative along it, by central differences of
 * f(x) = Σ c · sin(op(x)). The sine gives linear operations a second derivative too; there it is JavaScript's own.
 */
interface Case {
  readonly name: string;
  readonly shapes: number[][];
  readonly op: (...x: Tensor[]) => Tensor;
  /** Values are spread over middle ± radius. Default 0 ± 1. */
  readonly middle?: number;
  readonly radius?: number;
  /** Compute the reference with the interpreter: WebAssembly, much faster, has exponentials in single precision only. */
  readonly interpret?: boolean;
}

const ints = (...values: number[]): Tensor => T.constant(Int32Array.from(values), [values.length]);
const unary = (name: string, op: (x: Tensor) => Tensor, middle = 0, radius = 1): Case => ({
  name,
  shapes: [[3, 1, 5]],
  op,
  middle,
  radius,
  interpret: true,
});
const conv = (x: number[], w: number[], options = {}): Case => ({
  name: `conv2d x[${x}] w[${w}] ${JSON.stringify(options)}`,
  shapes: [x, w],
  op: (a, b) => conv2d(a, b, options),
});
const pool = (name: string, shape: number[], op: (x: Tensor) => Tensor): Case => ({ name, shapes: [shape], op });

const cases: Case[] = [
  conv([1, 1, 5, 4], [3, 3, 1, 1], { padding: 1 }),
  conv([3, 2, 7, 5], [3, 3, 2, 5], { padding: 1, stride: 2 }),
  conv([2, 4, 6, 7], [2, 3, 2, 6], { groups: 2, dilation: [1, 2], padding: [1, 0] }),
  conv([1, 3, 9, 9], [5, 5, 3, 1], { padding: 2, stride: 3 }),
  conv([2, 3, 6, 5], [1, 1, 3, 4], {}),
  conv([2, 9, 4, 4], [1, 1, 9, 3], { stride: 2 }),
  // Tiles of 4, of 2, of both; borders of 0, 1 and 2.
  conv([2, 12, 8, 8], [3, 3, 12, 13], { padding: 1 }),
  conv([3, 13, 8, 6], [3, 3, 13, 12], {}),
  conv([2, 12, 6, 10], [3, 3, 12, 12], { padding: 2 }),
  conv([2, 12, 8, 6], [5, 5, 12, 13], { padding: 2 }),
  conv([3, 13, 10, 8], [5, 5, 13, 12], {}),
  conv([2, 12, 4, 8], [5, 5, 12, 12], { padding: 3 }),
  conv([9, 1, 5, 5], [3, 3, 1, 12], { padding: 1 }),
  pool("avgPool2d 2", [1, 2, 5, 7], (x) => avgPool2d(x, 2)),
  pool("avgPool2d 3 every 2", [2, 1, 7, 8], (x) => avgPool2d(x, 3, 2)),
  pool("sumPool2d 3", [1, 1, 7, 6], (x) => sumPool2d(x, 3)),
  pool("maxPool2d 2", [1, 2, 5, 7], (x) => maxPool2d(x, 2)),
  pool("maxPool2d 3 every 2", [2, 1, 7, 8], (x) => maxPool2d(x, 3, 2)),
  { name: "instanceNorm", shapes: [[2, 3, 3, 5], [3], [3]], op: (x, w, b) => instanceNorm({ weight: w, bias: b }, x) },
  { name: "groupNorm", shapes: [[1, 6, 3, 2], [6], [6]], op: (x, w, b) => groupNorm({ weight: w, bias: b }, x, 2) },
  {
    name: "layerNorm",
    shapes: [
      [2, 3, 3, 1],
      [3, 3, 1],
      [3, 3, 1],
    ],
    op: (x, w, b) => layerNorm({ weight: w, bias: b }, x),
  },
  {
    name: "matmul",
    shapes: [
      [1, 7],
      [7, 3],
    ],
    op: T.matmul,
  },
  {
    name: "matmul batched",
    shapes: [
      [3, 1, 2, 5],
      [4, 5, 1],
    ],
    op: T.matmul,
  },
  {
    name: "inner",
    shapes: [
      [3, 5],
      [3, 5],
    ],
    op: T.inner,
  },
  unary("softmax", T.softmax, 0, 3),
  unary("logSoftmax", T.logSoftmax, 0, 3),
  unary("sum", (x) => T.sum(x, [0, 2])),
  unary("sum of all", (x) => T.sum(x)),
  unary("sum of squares of differences from the mean", (x) => T.sum(T.square(T.sub(x, T.mean(x, [2], true))), [2])),
  unary("sum of differences from the mean", (x) => T.add(T.sum(T.sub(x, T.mean(x, [2], true)), [2], true), x)),
  unary("mean", (x) => T.mean(x, [1], true)),
  unary("max", (x) => T.max(x, [2])),
  unary("min", (x) => T.min(x, [0])),
  unary("prod", (x) => T.prod(x, [2]), 1, 0.5),
  { name: "takeRows", shapes: [[5, 3]], op: (x) => T.takeRows(x, ints(4, 0, 4, 1)) },
  { name: "takeAlongLast", shapes: [[2, 4]], op: (x) => takeAlongLast(x, T.reshape(ints(3, 3, 0, 1, 2, 1), [2, 3])) },
  {
    name: "scatterAddRows",
    shapes: [
      [5, 2],
      [4, 2],
    ],
    op: (x, w) => scatterAddRows(x, ints(1, 3, 1, 0), w),
  },
  { name: "oneHot", shapes: [[3, 4]], op: (x) => T.mul(x, T.oneHot(ints(3, 0, 1), 4)) },
  unary("pad", (x) =>
    T.pad(x, [
      [1, 0],
      [0, 2],
      [3, 1],
    ]),
  ),
  unary("flip", (x) => T.mul(T.flip(x, [0, 2]), x)),
  unary("slice", (x) =>
    T.slice(x, [
      [1, 3],
      [0, 1],
      [2, 5],
    ]),
  ),
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 1],
    ],
    op: (x, y) => T.concat([y, x, y], 1),
  },
  unary("transpose, reshape", (x) => T.reshape(T.transpose(x, [2, 0, 1]), [3, 5])),
  unary("broadcastTo", (x) => T.mul(T.broadcastTo(x, [2, 3, 4, 5]), T.reshape(x, [3, 1, 5]))),
  {
    name: "add, sub, mul, div broadcast",
    shapes: [[3, 4], [1, 4], [3, 1], [4]],
    op: (a, b, c, d) => T.div(T.sub(T.mul(T.add(a, b), c), d), T.add(d, 3)),
  },
  unary("neg", T.neg),
  unary("reciprocal", T.reciprocal, 2),
  unary("exp", T.exp),
  unary("log", T.log, 2),
  unary("sqrt", T.sqrt, 2),
  unary("sin", T.sin),
  unary("cos", T.cos),
  unary("erf", T.erf),
  unary("floor", (x) => T.mul(T.floor(T.mul(x, 3)), x)),
  unary("relu", T.relu),
  unary("leakyRelu", T.leakyRelu),
  unary("sigmoid", T.sigmoid, 0, 4),
  unary("swish", T.swish, 0, 4),
  unary("gelu", T.gelu, 0, 3),
  unary("clip", (x) => T.clip(x, -0.51, 0.42)),
  { name: "maximum, minimum", shapes: [[3, 4], [4]], op: (x, y) => T.sub(T.maximum(x, y), T.minimum(x, T.mul(y, 2))) },
  {
    name: "where, less, lessEqual, equal",
    shapes: [
      [3, 4],
      [3, 1],
    ],
    op: (x, y) =>
      T.add(
        T.where(T.less(x, y), T.mul(x, y), y),
        T.add(T.where(T.lessEqual(y, 0.1), x, 0), T.where(T.equal(x, y), 1, T.neg(x))),
      ),
  },
  unary("stopGradient", (x) => T.add(x, T.mul(T.stopGradient(T.mul(x, 0)), x))),
  {
    name: "affineResample",
    shapes: [[2, 2, 5, 4]],
    op: (x) =>
      affineResample(x, T.constant([0.9, -0.2, 0.1, 0.3, 1.1, -0.2, 1.2, 0.3, -0.4, -0.1, 0.9, 0.3], [2, 2, 3])),
  },
];

beforeAll(async () => {
  // The interpreter asks for this type by name; Node 20 has none.
  (globalThis as { Float16Array?: unknown }).Float16Array ??= class {};
  expect(await init("cpu", "wasm")).toEqual(["cpu", "wasm"]);
});

type Floats = Float32Array<ArrayBuffer>;
const sizeOf = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);

/** Distinct values at equal distances in a scrambled order, none at a kink: neither 0 nor equal to another. */
function spread(seed: string, n: number, middle: number, radius: number): Float32Array<ArrayBuffer> {
  const noise = det(seed, n);
  const order = [...noise.keys()].sort((a, b) => noise[a] - noise[b]);
  const out = new Float32Array(n);
  order.forEach((at, rank) => {
    out[at] = middle + radius * ((2 * rank + 1.37) / n - 1);
  });
  return out;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, v, i) => s + v * b[i], 0);
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));

describe.each(cases)("$name", ({ name, shapes, op, middle = 0, radius = 1, interpret }) => {
  const xs = shapes.map((s, i) => spread(`${name}/${i}`, sizeOf(s), middle, radius));
  const vs = shapes.map((s, i) => det(`${name}/direction/${i}`, sizeOf(s)));
  const f = (...x: Tensor[]): Tensor => {
    const y = op(...x);
    return T.inner(T.sin(y), T.constant(det(`${name}/weights`, sizeOf(y.shape)), y.shape));
  };
  /** f(x + t·v) in double precision. */
  const exact = (t: number): number => {
    const moved = xs.map((x, i) =>
      np.array(
        Float64Array.from(x, (a, k) => a + t * vs[i][k]),
        { shape: shapes[i], dtype: np.float64 },
      ),
    );
    const y = (op(...(moved as unknown as Tensor[])) as unknown as { dataSync(): Float64Array }).dataSync();
    expect(y).toBeInstanceOf(Float64Array);
    return dot(y.map(Math.sin), det(`${name}/weights`, y.length));
  };

  it("agrees in value, first and second derivative", async () => {
    const n = shapes.length;
    const compiled = await compile<Floats[], { f: Floats; d: Floats; g: Floats[]; h: Floats[] }>(
      (...args) => {
        const [x, v] = [args.slice(0, n), args.slice(n)];
        const gradient = (at: Tensor[]) => grad((z: Tensor[]) => f(...z))(at);
        const along = (at: Tensor[]) =>
          gradient(at)
            .map((g, i) => T.inner(g, v[i]))
            .reduce((a, b) => T.add(a, b));
        return { f: f(...x), d: jvp((z: Tensor[]) => f(...z), x, v)[1], g: gradient(x), h: grad(along)(x) };
      },
      [...shapes, ...shapes].map((s) => f32(...s)),
    );
    const out = await compiled(...xs, ...vs);
    await compiled.close();
    const flat = (list: readonly Float32Array[]) => list.flatMap((a) => [...a]);
    const [g, h, v] = [flat(out.g), flat(out.h), flat(vs)];

    // Chosen: about 70 units of single precision (6e-8) on the terms of a sum; ten times that for a second derivative,
    // whose terms are products of two such.
    defaultDevice(interpret ? "cpu" : "wasm");
    const value = exact(0);
    expect(Math.abs(out.f[0] - value)).toBeLessThan(4e-6 * Math.max(1, sizeOf(shapes[0]) ** 0.5));
    const step = 1e-5;
    const first = (exact(step) - exact(-step)) / (2 * step);
    expect(Math.abs(dot(g, v) - first)).toBeLessThan(4e-6 * norm(g) * norm(v) + 1e-7);
    expect(Math.abs(out.d[0] - first)).toBeLessThan(4e-6 * norm(g) * norm(v) + 1e-7);
    // Truncation of the second difference is of the order of step², its rounding 1e-16 / step².
    const wide = 1e-4;
    const second = (exact(wide) - 2 * value + exact(-wide)) / wide ** 2;
    defaultDevice("cpu");
    expect(Math.abs(dot(h, v) - second)).toBeLessThan(4e-5 * norm(h) * norm(v) + 1e-6);
  });
});
