import { expect, it } from "vitest";
import { lowerByParts } from "../../src/engine/byParts.ts";
import type { Value } from "../../src/engine/graph.ts";
import { needs, topological } from "../../src/engine/topological.ts";
import { conv2d } from "../../src/tensor/conv.ts";
import { grad } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { f32, trace } from "../../src/tensor/trace.ts";

it("leaves nothing to each part that follows from the shared arguments alone", async () => {
  const kernel = f32(3, 3, 16, 16);
  const mean = (w: Tensor, x: Tensor) => ({
    gradient: grad((v: Tensor) => T.mean(T.exp(conv2d(x, v, { padding: 1 }))))(w),
    norm: T.sum(T.mul(w, w)),
  });
  const [first, last] = [
    await trace(mean, [kernel, f32(5, 16, 8, 8)]),
    await trace(
      ({ gradient, norm }: Record<string, Tensor>, w: Tensor) => T.mul(T.add(gradient, w), norm),
      [{ gradient: kernel, norm: f32() }, kernel],
    ),
  ];
  const { outputs } = lowerByParts({ mean: first.program, finish: last.program, shared: 1, parts: 4 });
  const { body } = topological(outputs, needs).find(({ op }) => op === "Scan") as { body: NonNullable<Value["body"]> };
  const inside = new Set(body.inputs);
  const order = topological([body.output], needs);
  for (const value of order) if (needs(value).some((v) => inside.has(v))) inside.add(value);
  const computed = order.filter((v) => v.op !== "Constant" && !body.shared.has(v));
  expect(computed.length).toBeGreaterThan(5);
  expect(computed.filter((v) => !inside.has(v))).toEqual([]);
  // The mixed kernels of Winograd's method and the norm come from around the loop.
  expect([...body.shared.values()].filter(({ op }) => op !== "Input").length).toBeGreaterThan(1);
});
