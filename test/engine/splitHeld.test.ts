import { describe, expect, it } from "vitest";
import { lower } from "../../src/engine/lower.ts";
import { splitHeld } from "../../src/engine/splitHeld.ts";
import { needs, topological } from "../../src/engine/topological.ts";
import { compile, compileHeld, f32 } from "../../src/tensor/compile.ts";
import { conv2d } from "../../src/tensor/conv.ts";
import { grad } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { trace } from "../../src/tensor/trace.ts";
import { cpu } from "../attack/tiny.ts";

type Floats = Float32Array<ArrayBuffer>;
const floats = (n: number, seed: number): Floats =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(seed + i * 1.7));

/** A convolution's loss and its derivative by the image, with kernel and target that stay. */
const loss = (w: Tensor, target: Tensor, x: Tensor): Tensor =>
  T.div(T.sum(T.mul(T.exp(conv2d(x, w, { padding: 1 })), target)), T.sqrt(T.sum(T.mul(target, target))));
const program = (w: Tensor, target: Tensor, x: Tensor) => ({
  loss: loss(w, target, x),
  gradient: grad((v: Tensor) => loss(w, target, v))(x),
  norm: T.sum(T.mul(target, target)),
  kernel: w,
});
const kernel = f32(3, 3, 8, 8);
const image = f32(2, 8, 6, 6);

describe("arguments that stay", () => {
  it("give the same bytes as arguments of every call, for one network after another", async () => {
    const whole = await compile(program, [kernel, image, image], cpu);
    const held = await compileHeld(program, [kernel, image], [image], cpu);
    for (const network of [1, 2]) {
      const [w, target] = [floats(576, network), floats(576, network + 10)];
      const step = await held.hold(w, target);
      for (const seed of [3, 4])
        expect(await step(floats(576, seed))).toEqual(await whole(w, target, floats(576, seed)));
    }
    await whole.close();
    await held.close();
  });

  it("leave nothing to each call that follows from them alone", async () => {
    const { before, after } = splitHeld(lower((await trace(program, [kernel, image, image])).program), 2);
    expect(before.outputs.length).toBeGreaterThan(2);
    const [own] = after.inputs;
    const follows = new Set([own]);
    const order = topological(after.outputs, needs);
    for (const value of order) if (needs(value).some((v) => follows.has(v))) follows.add(value);
    const computed = order.filter(({ op }) => op !== "Input" && op !== "Constant");
    expect(computed.length).toBeGreaterThan(0);
    expect(computed.filter((v) => !follows.has(v))).toEqual([]);
  });

  it("may be nothing that the result needs", async () => {
    const held = await compileHeld((_: Tensor, x: Tensor) => T.mul(x, x), [f32(2)], [f32(2)], cpu);
    const step = await held.hold(Float32Array.of(2, 3));
    await expect(step(Float32Array.of(1, 2))).resolves.toEqual(Float32Array.of(1, 4));
    await held.close();
  });

  it("are counted", async () => {
    const held = await compileHeld(T.mul, [f32(2)], [f32(2)], cpu);
    await expect(held.hold()).rejects.toThrow("expected 1 arrays, got 0");
    const step = await held.hold(Float32Array.of(2, 3));
    await expect(step(Float32Array.of(1, 2), Float32Array.of(1, 2))).rejects.toThrow("expected 1 arrays, got 2");
    await expect(step(Float32Array.of(1, 2))).resolves.toEqual(Float32Array.of(2, 6));
    await held.close();
  });

  it("may be all or none of what a result needs", async () => {
    const f = (a: Tensor, b: Tensor) => [a, b, T.add(a, a), T.add(b, b), T.constant([7], [1])];
    const held = await compileHeld(f, [f32(1)], [f32(1)], cpu);
    const step = await held.hold(Float32Array.of(2));
    expect((await step(Float32Array.of(5))) as unknown as Floats[]).toEqual(
      [2, 5, 4, 10, 7].map((v) => Float32Array.of(v)),
    );
    await held.close();
  });
});
