import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { numpy as np } from "@jax-js/jax";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import { compileProgram } from "../../src/engine/compile.ts";
import { device } from "../../src/engine/device.ts";
import { openSessions } from "../../src/engine/session.ts";
import { compile, f32, i32 } from "../../src/tensor/compile.ts";
import { conv2d } from "../../src/tensor/conv.ts";
import { grad } from "../../src/tensor/grad.ts";
import * as T from "../../src/tensor/ops.ts";
import { type Tensor, take, wrap } from "../../src/tensor/Tensor.ts";
import { skip } from "../skip.ts";

type Floats = Float32Array<ArrayBuffer>;
setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const cube = (x: Tensor): Tensor => T.mul(x, T.mul(x, x));

describe("compile", () => {
  it("names a primitive that has no lowering", async () => {
    const sorted = (x: Tensor) => wrap(np.sort(take(x)));
    await expect(compile(sorted, [f32(5)])).rejects.toThrow(/unknown primitive: expected one of add, .*, got sort/);
    const atom = { aval: { shape: [2], dtype: "float32" } };
    const eqns = [{ primitive: "toString", inputs: [atom], params: {}, outBinders: [atom] }];
    await expect(compileProgram({ jaxpr: { inBinders: [atom], eqns, outs: [atom] }, consts: [] })).rejects.toThrow(
      /got toString/,
    );
  });

  it("names an element type that graphs do not compute in", async () => {
    const wide = (x: Tensor) => wrap(take(x).astype(np.float16));
    await expect(compile(wide, [f32(2)])).rejects.toThrow(/element type: expected float32, .*, got float16/);
  });

  it("rejects inputs of another number, length or type", async () => {
    const f = await compile<[Floats, Int32Array<ArrayBuffer>], Floats>(T.takeRows, [f32(3, 2), i32(2)]);
    const [x, i] = [new Float32Array(6), Int32Array.of(0, 2)];
    await expect(f(x, i)).resolves.toHaveLength(4);
    await expect(f(new Float32Array(5), i)).rejects.toThrow(
      "engine: invalid input 0: expected float32[3,2], got Float32Array of 5",
    );
    await expect(f(x, new Float32Array(2) as never)).rejects.toThrow("invalid input 1: expected int32[2]");
    await expect((f as unknown as (x: Floats) => Promise<Floats>)(x)).rejects.toThrow("expected 2 arrays, got 1");
    await f.close();
    await expect(f(x, i)).rejects.toThrow("got a closed one");
  });

  it("shares one loaded graph among equal programs and frees it with the last", async () => {
    const before = openSessions();
    const a = await compile<[Floats], Floats>(cube, [f32(4)]);
    const b = await compile<[Floats], Floats>((x: Tensor) => cube(x), [f32(4)]);
    const other = await compile<[Floats], Floats>(cube, [f32(5)]);
    expect(openSessions()).toBe(before + 2);
    await a.close();
    await a.close();
    expect(await b(Float32Array.of(1, 2, 3, 4))).toEqual(Float32Array.of(1, 8, 27, 64));
    await Promise.all([b.close(), other.close()]);
    expect(openSessions()).toBe(before);
  });

  it("returns inputs, constants and repeated results as results", async () => {
    const f = await compile<[Floats], Floats[]>(
      (x: Tensor) => [x, T.constant([7, 8], [2]), T.neg(x), T.neg(x)],
      [f32(2)],
    );
    expect(await f(Float32Array.of(1, 2))).toEqual(
      [
        [1, 2],
        [7, 8],
        [-1, -2],
        [-1, -2],
      ].map((v) => Float32Array.from(v)),
    );
    await f.close();
  });

  it("gives the same bytes every time", async () => {
    const f = await compile<[Floats, Floats], Floats>(
      (x: Tensor, w: Tensor) => grad((v: Tensor) => T.sum(T.exp(conv2d(x, v, { padding: 1 }))))(w),
      [f32(5, 16, 8, 8), f32(3, 3, 16, 16)],
      device("cpu", 2),
    );
    const x = Float32Array.from({ length: 5 * 16 * 64 }, (_, i) => Math.sin(i));
    const w = Float32Array.from({ length: 9 * 256 }, (_, i) => Math.cos(i) / 20);
    const once = await f(x, w);
    for (let i = 0; i < 5; i++) expect(await f(x, w)).toEqual(once);
    await f.close();
  });

  it("runs several executables at once", async () => {
    const sizes = [3, 4, 5, 6];
    const all = await Promise.all(sizes.map((n) => compile<[Floats], Floats>((x: Tensor) => T.sum(cube(x)), [f32(n)])));
    const calls = Array.from({ length: 40 }, (_, i) => all[i % 4](new Float32Array(sizes[i % 4]).fill(i)));
    (await Promise.all(calls)).forEach((y, i) => {
      expect(y[0]).toBe(sizes[i % 4] * i ** 3);
    });
    await Promise.all(all.map((f) => f.close()));
  });

  it("runs in worker threads side by side", async () => {
    const workers = [2, 3].map(
      (n) =>
        new Promise<number>((resolve, reject) => {
          const file = JSON.stringify(new URL("worker.ts", import.meta.url).href);
          const load = `import("tsx/esm/api").then(({ tsImport }) => tsImport(${file}, ${file}))`;
          const worker = new Worker(load, { eval: true, workerData: n, execArgv: [] });
          worker.once("message", resolve).once("error", reject);
        }),
    );
    expect(await Promise.all(workers)).toEqual([8, 27]);
  });

  it("keeps its memory flat over runs and over compilations", { timeout: 120_000 }, async () => {
    const step = async (side: number, runs: number) => {
      const f = await compile<[Floats], Floats>(
        (x: Tensor) => grad((v: Tensor) => T.sum(cube(v)))(x),
        [f32(side, 1024)],
      );
      const x = new Float32Array(side * 1024);
      for (let i = 0; i < runs; i++) await f(x);
      await f.close();
    };
    const used = async () => {
      await step(256, 300);
      for (let i = 0; i < 40; i++) await step(64, 1);
      collect();
      await setTimeout(100);
      return process.memoryUsage().rss / 2 ** 20;
    };
    // Each run returns 1 MiB. What leaks grows every time; an allocator that keeps what it was given back grows once.
    const sizes = [await used(), await used(), await used(), await used()];
    const growth = sizes.slice(1).map((size, i) => size - sizes[i]);
    expect(Math.min(...growth), growth.join()).toBeLessThan(30);
  });
});

describe("device", () => {
  it("rejects names and thread counts that do not exist", () => {
    expect(() => device("tpu")).toThrow('unknown device: expected one of cpu, webgpu, cuda, got "tpu"');
    expect(() => device("cpu", -1)).toThrow("invalid thread count");
  });

  // Where a driver is present the device works instead; the test of graphs on it is in webgpu.test.ts.
  const gpu = existsSync("/dev/dri") || existsSync("/dev/nvidia0") || process.env.VK_DRIVER_FILES !== undefined;
  it.skipIf(skip(gpu || process.platform !== "linux", "a graphics driver is here, or no Linux"))(
    "says what to install where a driver is missing",
    async () => {
      for (const [name, hint] of [
        ["webgpu", "libvulkan1"],
        ["cuda", "cuDNN"],
      ] as const) {
        const attempt = compile(cube, [f32(2)], device(name));
        await expect(attempt).rejects.toThrow(UsageError);
        await expect(attempt).rejects.toThrow(
          new RegExp(`missing device: expected a working ${name} device, .*${hint}`),
        );
      }
    },
  );
});
