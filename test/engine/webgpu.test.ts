import { describe, expect, it } from "vitest";
import { device } from "../../src/engine/device.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { conv2d } from "../../src/tensor/conv.ts";
import { grad } from "../../src/tensor/grad.ts";
import { add, mul, relu, square, sum } from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";
import { det } from "../golden/det.ts";
import { skip } from "../skip.ts";

type Floats = Float32Array<ArrayBuffer>;

/**
 * A first- and a second-order graph on the WebGPU provider against the CPU provider. Off by default: it needs a GPU or a
 * software driver, for instance Chromium's with Debian's libvulkan1:
 * RETORT_WEBGPU=1 VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json npx vitest run test/engine/webgpu.test.ts
 */
const asked = process.env.RETORT_WEBGPU === "1";
if (!asked) console.log("webgpu: skipped, set RETORT_WEBGPU=1 where there is a GPU or a software Vulkan driver");

describe.skipIf(skip(!asked, "no WebGPU asked for (RETORT_WEBGPU)"))("webgpu", () => {
  const loss = (x: Tensor, w: Tensor): Tensor => sum(square(relu(conv2d(x, w, { padding: 1 }))));
  const first = (x: Tensor, w: Tensor): Tensor => grad((v: Tensor) => loss(x, v))(w);
  const second = (x: Tensor, w: Tensor): Tensor => grad((v: Tensor) => sum(mul(first(v, w), add(first(v, w), 1))))(x);

  it.each([
    ["first", first, 2],
    ["second", second, 2],
    ["first with tiles", first, 12],
    ["second with tiles", second, 12],
  ] as const)("gives the CPU's %s derivative", { timeout: 300_000 }, async (_, f, channels) => {
    const specs = [f32(2, channels, 8, 8), f32(3, 3, channels, channels)];
    const args: [Floats, Floats] = [det("webgpu/x", 2 * channels * 64), det("webgpu/w", 9 * channels ** 2, 0.1)];
    const run = async (name: string) => {
      const compiled = await compile<[Floats, Floats], Floats>(f, specs, device(name, 1));
      const out = await compiled(...args);
      await compiled.close();
      return out;
    };
    const [cpu, gpu] = [await run("cpu"), await run("webgpu")];
    const scale = Math.max(...cpu.map(Math.abs));
    expect(Math.max(...cpu.map((v, i) => Math.abs(v - gpu[i])))).toBeLessThan(1e-5 * scale);
  });
});
