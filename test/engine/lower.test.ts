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

/** How often each operator stands in the lowered program. */
async function operators(f: (...args: Tensor[]) => Tree<Tensor>, specs: Spec[]): Promise<Map<string, number>> {
  const { outputs } = lower((await trace(f, specs)).program);
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    if (seen.has(value)) return;
    seen.add(value);
    value.inputs.forEach(visit);
  };
  outputs.forEach(visit);
  const counts = new Map<string, number>();
  for (const { op } of seen) counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

describe("lower", () => {
  it("does not convolve or multiply the zero tangents of what is held", async () => {
    const along = (f: (w: Tensor) => Tensor) => (w: Tensor, u: Tensor) => jvp(f, w, u)[1];
    const image = T.constant(
      Array.from({ length: 2 * 3 * 64 }, (_, i) => Math.sin(i)),
      [2, 3, 8, 8],
    );
    const conv = await operators(
      along((w) => T.sum(T.exp(conv2d(image, w, { padding: 1 })))),
      [f32(3, 3, 3, 4), f32(3, 3, 3, 4)],
    );
    expect((conv.get("MatMul") ?? 0) + (conv.get("FusedMatMul") ?? 0)).toBe(2);
    const rows = T.reshape(image, [6, 64]);
    const linear = await operators(
      along((w) => T.sum(T.exp(T.matmul(rows, w)))),
      [f32(64, 5), f32(64, 5)],
    );
    expect((linear.get("MatMul") ?? 0) + (linear.get("FusedMatMul") ?? 0)).toBe(2);
  });

  it("lays the gradient of a linear layer as its weight lies", async () => {
    const step = (w: Tensor, x: Tensor) => T.add(w, grad((v: Tensor) => T.sum(T.exp(T.matmul(x, v))))(w));
    expect((await operators(step, [f32(300, 40), f32(4, 300)])).has("Transpose")).toBe(false);
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
    await run.release();
    const { outputs } = lower((await trace(f, specs)).program);
    const large = new Set<Value>();
    const visit = (value: Value): void => {
      if (value.op === "Mul" && value.shape.join() === "20,10") large.add(value);
      value.inputs.forEach(visit);
    };
    outputs.forEach(visit);
    expect(large.size).toBe(1);
  });
});
