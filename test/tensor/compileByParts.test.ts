import { describe, expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { type Floats, initialise, specsOf } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { compileByParts } from "../../src/tensor/compileByParts.ts";
import { valueAndGrad } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { leaves, type Tree } from "../../src/tensor/tree.ts";

const isFloats = (x: unknown): x is Floats => x instanceof Float32Array;

/** 16 examples so long that they are taken in two parts: a part holds 2²⁰ numbers. */
const LONG = 2 ** 17;
const norm = (x: Floats) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
const row = (x: Floats, example: number) => x.subarray(example * LONG, (example + 1) * LONG);
const integers = Float32Array.from({ length: 16 * LONG }, (_, i) => ((i * 7) % 13) - 6);

describe("compileByParts", () => {
  it("averages the parts, exactly where rounding has no say", async () => {
    const f = await compileByParts<[Floats, Floats[], Floats], { mean: Floats; all: Floats }>(
      {
        mean: (a: Tensor, [x, y]: Tensor[]) => ({
          mean: T.mean(T.mul(T.mul(x, a), y), [0]),
          first: T.mean(T.sum(T.mul(x, x), [1])),
        }),
        finish: ({ mean, first }, a: Tensor, b: Tensor) => ({ mean: T.add(mean, b), all: T.mul(first, a) }),
        coupled: false,
      },
      { shared: f32(), batch: [f32(16, LONG), f32(16, 1)], rest: f32(1) },
    );
    const y = Float32Array.from({ length: 16 }, (_, i) => (i % 3) + 1);
    const out = await f(Float32Array.of(2), [integers, y], Float32Array.of(100));
    const mean = Float32Array.from({ length: LONG }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < 16; i++) sum += integers[i * LONG + j] * 2 * y[i];
      return sum / 16 + 100;
    });
    expect(out.mean).toEqual(mean);
    const squares = integers.reduce((sum, v) => sum + v * v, 0);
    expect(Math.abs(out.all[0] - (squares / 16) * 2)).toBeLessThan(1e-5 * squares);
    await f.close();
  });

  it("leaves a batch whole whose examples influence one another", async () => {
    const f = await compileByParts<[[], Floats, []], Floats>(
      {
        mean: (_: [], x: Tensor) => T.mean(T.square(T.sub(x, T.mean(x, [0], true))), [0]),
        finish: (variance: Tensor) => variance,
        coupled: true,
      },
      { shared: [], batch: f32(16, LONG), rest: [] },
    );
    const variance = await f([], integers, []);
    const column = Array.from({ length: 16 }, (_, i) => row(integers, i)[5]);
    const centre = column.reduce((a, b) => a + b) / 16;
    expect(variance[5]).toBeCloseTo(column.reduce((s, v) => s + (v - centre) ** 2, 0) / 16, 4);
    await f.close();
  });

  it("gives a network's loss and gradient as the whole batch does, the same bytes every time", async () => {
    const network = convNet({ channels: 3, size: 32, classes: 10 }, { width: 16 });
    const mean = (w: Tree<Tensor>, [x, y]: Tensor[]) =>
      valueAndGrad((v: Tree<Tensor>) => crossEntropy(network.forward(v, [], x, true).logits, y))(w);
    const n = 80;
    const [weights, batch] = [specsOf(network.weights), [f32(n, 3, 32, 32), f32(n, 10)]];
    const parts = await compileByParts<[Tree<Floats>, Floats[], []], Tree<Floats>>(
      { mean, finish: (both: Tree<Tensor>) => both, coupled: false },
      { shared: weights, batch, rest: [] },
    );
    const once = await compile<[Tree<Floats>, Floats[]], Tree<Floats>>(mean, [weights, batch]);
    const w = initialise(network.weights, key(5));
    const x = normal(key(6), n * 3 * 1024);
    const y = Float32Array.from({ length: n * 10 }, (_, i) => (i % 10 === Math.floor(i / 10) % 10 ? 1 : 0));
    const [a, b] = [
      leaves<Floats>(await parts(w, [x, y], []), isFloats),
      leaves<Floats>(await once(w, [x, y]), isFloats),
    ];
    expect(a).not.toEqual(b);
    a.forEach((values, i) => {
      const difference = norm(values.map((v, j) => v - b[i][j]));
      expect(difference).toBeLessThanOrEqual(1e-5 * norm(b[i]));
    });
    expect(leaves<Floats>(await parts(w, [x, y], []), isFloats)).toEqual(a);
    await parts.close();
    await once.close();
  });
});
