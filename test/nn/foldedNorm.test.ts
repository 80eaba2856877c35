import { describe, expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import { foldedConvNorm, folds } from "../../src/nn/layers/foldedNorm.ts";
import { instanceNorm } from "../../src/nn/layers/norms.ts";
import type { Floats } from "../../src/nn/Network.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { conv2d } from "../../src/tensor/conv.ts";
import { grad, jvp } from "../../src/tensor/grad.ts";
import { add, constant, inner, sin } from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";

const [N, C, SIDE, OUT, K] = [3, 3, 12, 64, 3];
const random = (name: string, size: number) => normal(key(name), size);

/** Smooth pictures far from zero: what neighbours do not share is a hundredth of what they do. */
const smooth = Float32Array.from({ length: N * C * SIDE * SIDE }, (_, i) => {
  const [x, y, c, n] = [
    i % SIDE,
    Math.floor(i / SIDE) % SIDE,
    Math.floor(i / SIDE ** 2) % C,
    Math.floor(i / (C * SIDE ** 2)),
  ];
  return 2 + n * Math.sin(0.2 * x + 0.1 * y * n) + 0.3 * c * Math.cos(0.15 * y) + 0.03 * Math.sin(17 * i);
});

/** Kernels that see the finest detail only: second differences along rows and columns. */
const fine = random("kernels", K * K * C * OUT).map((_, i, all) => {
  const [out, tap] = [i % OUT, Math.floor(i / OUT)];
  const [c, x, y] = [tap % C, Math.floor(tap / C) % K, Math.floor(tap / (C * K))];
  return [1, -2, 1][x] * [1, -2, 1][y] * all[c * OUT + out];
});

type Form = (weight: Tensor, scale: Tensor, shift: Tensor, x: Tensor) => Tensor;
const folded: Form = (weight, scale, shift, x) =>
  foldedConvNorm(weight, { weight: scale, bias: shift }, x, { padding: 1 });
const plain: Form = (weight, scale, shift, x) =>
  instanceNorm({ weight: scale, bias: shift }, conv2d(x, weight, { padding: 1 }));

const [scale, shift] = [random("scale", OUT), random("shift", OUT)];
const specs = [f32(K, K, C, OUT), f32(OUT), f32(OUT), f32(N, C, SIDE, SIDE)];

async function run(f: (...args: Tensor[]) => Tensor | Tensor[], weight: Floats, x: Floats): Promise<Floats[]> {
  const program = await compile<Floats[], Floats[]>((...args: Tensor[]) => [f(...args)].flat(), specs);
  const out = await program(weight, scale, shift, x);
  await program.close();
  return out;
}

const distance = (a: Floats, b: Floats) =>
  Math.sqrt(a.reduce((s, v, i) => s + (v - b[i]) ** 2, 0) / b.reduce((s, v) => s + v * v, 0));

/** A loss that is not linear in the maps, so that every second derivative counts. */
const loss = (form: Form) => (weight: Tensor, s: Tensor, b: Tensor, x: Tensor) => {
  const y = form(weight, s, b, x);
  return inner(sin(y), add(y, 1));
};

describe("an instance norm folded into its convolution", () => {
  it.each([
    ["noise", random("noise", N * C * SIDE * SIDE)],
    ["smooth pictures", smooth],
  ])("gives the same maps of %s", async (_, x) => {
    const any = random("any", fine.length);
    const [[a], [b]] = [await run(folded, any, x), await run(plain, any, x)];
    expect(distance(a, b)).toBeLessThan(2e-6);
  });

  it("loses no digits where kernels see little of what is there", async () => {
    const [[a], [b]] = [await run(folded, fine, smooth), await run(plain, fine, smooth)];
    // 1.0e-6; with plain patches instead of a cosine basis 1.2e-5.
    expect(distance(a, b)).toBeLessThan(5e-6);
  });

  it("gives the same first derivatives", async () => {
    const x = random("noise", N * C * SIDE * SIDE);
    const all = (form: Form) => (w: Tensor, s: Tensor, b: Tensor, images: Tensor) =>
      grad((args: Tensor[]) => loss(form)(args[0], args[1], args[2], args[3]))([w, s, b, images]) as Tensor[];
    const [a, b] = [await run(all(folded), fine, x), await run(all(plain), fine, x)];
    a.forEach((part, i) => {
      expect(distance(part, b[i])).toBeLessThan(1e-5);
    });
  });

  it("gives the same second derivative: of the slope along a direction of the weights, in the images", async () => {
    const x = random("noise", N * C * SIDE * SIDE);
    const direction = random("direction", fine.length);
    const slope = (form: Form) => (w: Tensor, s: Tensor, b: Tensor, images: Tensor) =>
      grad((v: Tensor) => {
        const u = constant(direction, [K, K, C, OUT]);
        return jvp((p: Tensor) => loss(form)(p, s, b, v), w, u)[1];
      })(images);
    const [[a], [b]] = [await run(slope(folded), fine, x), await run(slope(plain), fine, x)];
    expect(distance(a, b)).toBeLessThan(2e-5);
  });

  it("is taken where patches are few beside the maps made of them", () => {
    const kernel = (...shape: number[]) => constant(new Float32Array(shape.reduce((a, b) => a * b)), shape);
    expect(folds(kernel(3, 3, 3, 128))).toBe(true);
    expect(folds(kernel(3, 3, 1, 32))).toBe(true);
    expect(folds(kernel(3, 3, 3, 32))).toBe(false);
    expect(folds(kernel(3, 3, 128, 128))).toBe(false);
    expect(folds(kernel(3, 3, 3, 128), { groups: 3 })).toBe(false);
  });
});
