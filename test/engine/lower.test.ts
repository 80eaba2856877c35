import { describe, expect, it } from "vitest";
import type { Value } from "../../src/engine/graph.ts";
import { lower } from "../../src/engine/lower.ts";
import { compile, f32, type Spec } from "../../src/tensor/compile.ts";
import { conv2d } from "../../src/tensor/conv.ts";
import { grad, jvp } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { trace } from "../../src/tensor/trace.ts";
import type { Tree } from "../../src/tensor/tree.ts";

/** The nodes of the lowered program that its results need, operands first. */
async function lowered(f: (...args: Tensor[]) => Tree<Tensor>, specs: Spec[]): Promise<Value[]> {
  const found = new Set<Value>();
  const visit = (value: Value): void => {
    if (found.has(value)) return;
    value.inputs.forEach(visit);
    found.add(value);
  };
  lower((await trace(f, specs)).program).outputs.forEach(visit);
  return [...found];
}

const products = (nodes: readonly Value[]): number => nodes.filter(({ op }) => op.endsWith("MatMul")).length;

describe("lower", () => {
  it("does not convolve or multiply the zero tangents of what is held", async () => {
    const along = (f: (w: Tensor) => Tensor) => (w: Tensor, u: Tensor) => jvp(f, w, u)[1];
    const image = T.constant(
      Array.from({ length: 2 * 3 * 64 }, (_, i) => Math.sin(i)),
      [2, 3, 8, 8],
    );
    const conv = await lowered(
      along((w) => T.sum(T.exp(conv2d(image, w, { padding: 1 })))),
      [f32(3, 3, 3, 4), f32(3, 3, 3, 4)],
    );
    expect(products(conv)).toBe(2);
    const rows = T.reshape(image, [6, 64]);
    const linear = await lowered(
      along((w) => T.sum(T.exp(T.matmul(rows, w)))),
      [f32(64, 5), f32(64, 5)],
    );
    expect(products(linear)).toBe(2);
  });

  it("lays the gradient of a linear layer as its weight lies", async () => {
    const step = (w: Tensor, x: Tensor) => T.add(w, grad((v: Tensor) => T.sum(T.exp(T.matmul(x, v))))(w));
    const nodes = await lowered(step, [f32(300, 40), f32(4, 300)]);
    expect(nodes.some(({ op }) => op === "Transpose")).toBe(false);
  });

  it("gathers the images of a position as one row where they lie together", async () => {
    // Positions, then 6 images, then 32 channels is how a convolution leaves its result for the next.
    const twice = (x: Tensor, w: Tensor) => conv2d(conv2d(x, w, { padding: 1 }), w, { padding: 1 });
    const nodes = await lowered(twice, [f32(6, 32, 8, 8), f32(3, 3, 32, 32)]);
    const rows = nodes.filter(({ op }) => op === "Gather").map(({ shape }) => shape[1]);
    expect(rows.at(-1)).toBe(6 * 32);
  });

  it("adds the factors of equal terms before it multiplies", async () => {
    const f = (x: Tensor, v: Tensor, s: Tensor, t: Tensor) =>
      T.sub(T.add(T.sub(x, T.mul(s, v)), T.exp(x)), T.mul(t, T.mul(v, 2)));
    const specs = [f32(20, 10), f32(20, 10), f32(1, 1), f32(1, 1)];
    const run = await compile<Float32Array<ArrayBuffer>[], Float32Array<ArrayBuffer>>(f, specs);
    const [x, v] = [1, 2].map((k) => Float32Array.from({ length: 200 }, (_, i) => Math.sin(k * i)));
    const y = await run(x, v, Float32Array.of(3), Float32Array.of(-5));
    y.forEach((value, i) => {
      expect(value).toBeCloseTo(x[i] - 3 * v[i] + Math.exp(x[i]) + 10 * v[i], 4);
    });
    await run.close();
    const large = (await lowered(f, specs)).filter(({ op, shape }) => op === "Mul" && shape.join() === "20,10");
    expect(large.length).toBe(1);
  });
});
