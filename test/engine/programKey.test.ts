import { describe, expect, it } from "vitest";
import { programKey } from "../../src/engine/programKey.ts";
import { conv2d } from "../../src/tensor/conv.ts";
import { grad } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { f32, trace } from "../../src/tensor/trace.ts";

type F = (x: Tensor, w: Tensor) => Tensor;
const shapes = [
  [2, 3, 6, 6],
  [3, 3, 3, 4],
];
const keyOf = async (f: F, [x, w] = shapes) => programKey((await trace(f as never, [f32(...x), f32(...w)])).program);

const blocks = (padding: number, by: number, floor: number): F => {
  const f: F = (x, w) => T.sum(T.mul(T.maximum(conv2d(x, w, { padding }), floor), by));
  return (x, w) => T.add(f(x, w), T.sum(grad((v: Tensor) => f(x, v))(w)));
};

describe("the key of a program", () => {
  it("is one for programs traced alike", async () => {
    const key = await keyOf(blocks(1, 2, 0));
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(await keyOf(blocks(1, 2, 0))).toBe(key);
  });

  it("tells apart parameters, numbers, the sign of a zero, shapes, constants, order and results", async () => {
    const values = (n: number) => T.constant(Float32Array.of(n, 2), [2]);
    const pair =
      (f: F): F =>
      (x, w) =>
        f(T.sum(x), T.sum(w));
    const others: (Promise<string | undefined> | string | undefined)[] = [
      keyOf(blocks(1, 2, 0)),
      keyOf(blocks(0, 2, 0)),
      keyOf(blocks(1, 3, 0)),
      keyOf(blocks(1, 2, 1)),
      keyOf(blocks(1, 2, 0), [[1, 3, 6, 6], shapes[1]]),
      keyOf((x) => T.sum(T.mul(T.sum(x), values(1)))),
      keyOf((x) => T.sum(T.mul(T.sum(x), values(3)))),
      keyOf(pair((x, w) => T.sub(x, w))),
      keyOf(pair((x, w) => T.sub(w, x))),
      keyOf(pair((x, _) => x)),
      keyOf(pair((_, w) => w)),
      keyOf(pair((x, _) => T.maximum(x, 0))),
      keyOf(pair((x, _) => T.maximum(x, -0))),
    ];
    const keys = await Promise.all(others);
    expect(keys).not.toContain(undefined);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("is none where a parameter is not understood", async () => {
    const { program } = await trace((x: Tensor) => T.exp(x), [f32(2)]);
    const strange = { ...program.jaxpr.eqns[0], params: { how: new Map() } };
    expect(programKey({ ...program, jaxpr: { ...program.jaxpr, eqns: [strange] } })).toBeUndefined();
  });
});
