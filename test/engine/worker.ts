import { parentPort, workerData } from "node:worker_threads";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { mul } from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";

// One executable in a thread of its own: the cube of the number it was given.
const cube = await compile<[Float32Array<ArrayBuffer>], Float32Array<ArrayBuffer>>(
  (x: Tensor) => mul(x, mul(x, x)),
  [f32(1)],
);
const [y] = await cube(Float32Array.of(workerData as number));
await cube.close();
parentPort!.postMessage(y);
