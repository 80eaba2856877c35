import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, f32 } from "../../src/tensor/compile.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { cpu } from "../attack/tiny.ts";

type Floats = Float32Array<ArrayBuffer>;
const floats = (n: number, seed: number): Floats =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(seed + i * 1.7));

describe("sums", () => {
  it("over any axes of any shape are those of plain addition", async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    const one = shape.chain((dims) => fc.record({ dims: fc.constant(dims), axes: fc.subarray(dims.map((_, i) => i)) }));
    await fc.assert(
      fc.asyncProperty(one, async ({ dims, axes }) => {
        const n = dims.reduce((a, b) => a * b, 1);
        const x = floats(n, 1);
        const run = await compile<[Floats], Floats>((t: Tensor) => T.sum(T.exp(t), axes), [f32(...dims)], cpu);
        const got = await run(x);
        await run.close();
        const kept = dims.filter((_, i) => !axes.includes(i));
        const want = new Float64Array(kept.reduce((a, b) => a * b, 1));
        x.forEach((v, flat) => {
          let [rest, at, stride] = [flat, 0, 1];
          for (let i = dims.length - 1; i >= 0; i--) {
            if (!axes.includes(i)) {
              at += (rest % dims[i]) * stride;
              stride *= dims[i];
            }
            rest = Math.floor(rest / dims[i]);
          }
          want[at] += Math.exp(v);
        });
        want.forEach((v, i) => {
          expect(Math.abs(got[i] - v)).toBeLessThanOrEqual(1e-5 * v);
        });
      }),
      { numRuns: 60 },
    );
  });
});
