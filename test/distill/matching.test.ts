import { describe, expect, it } from "vitest";
import { child, key, normal } from "../../src/core/random.ts";
import type { Augmentation } from "../../src/data/augment/Augmentation.ts";
import { augment } from "../../src/data/augment/augment.ts";
import { momentumStep } from "../../src/distill/common/momentArrays.ts";
import { showAdjoint, showImages } from "../../src/distill/common/showImages.ts";
import { compileEmbedding, compileMatchingSlope } from "../../src/distill/meanMatching/embedding.ts";
import { defaultDevice } from "../../src/engine/device.ts";
import { type Floats, initialise } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { embed, matchingLoss } from "./directMatching.ts";

const [channels, size, classes, ipc] = [2, 8, 3, 2];
const options = { width: 4, depth: 2 };
const network = convNet({ channels, size, classes }, options);
const weights = initialise(network.weights, key("weights"));
const pixels = channels * size * size;
const phi = (image: ArrayLike<number>) => embed(weights, options, image, channels, size);
const images = normal(key("synthetic"), classes * ipc * pixels);
const real = normal(key("real"), classes * 5 * pixels);
const split = (all: ArrayLike<number>, n: number) =>
  Array.from({ length: classes }, (_, k) =>
    Array.from({ length: n }, (_, i) =>
      Array.prototype.slice.call(all, (k * n + i) * pixels, (k * n + i + 1) * pixels),
    ),
  );
const draws: Augmentation[] = [
  { operator: "rotate", u: [0.9] },
  { operator: "color", brightnessU: [0.2], saturationU: [0.8], contrastU: [0.7] },
  { operator: "crop", dy: [1], dx: [-1] },
];
const seen = (all: Float32Array<ArrayBuffer>, n: number, augmented: boolean) =>
  draws.flatMap((draw, k) => [
    ...augment(
      all.slice(k * n * pixels, (k + 1) * n * pixels),
      [n, channels, size, size],
      augmented ? draw : undefined,
    ),
  ]);

describe.each([false, true])("distribution matching, augmented: %s", (augmented) => {
  /** Mean features of the real images of each class, [K][D]. */
  const means = split(seen(real, 5, augmented), 5).map((batch) => {
    const all = batch.map(phi);
    return Float32Array.from(all[0], (_, d) => all.reduce((sum, f) => sum + f[d], 0) / all.length);
  });
  const part = (all: Float32Array<ArrayBuffer>, k: number) => all.subarray(k * ipc * pixels, (k + 1) * ipc * pixels);
  /** One update of every class. */
  const update = async (from: Floats, velocity: Floats | undefined, momentum: number, lr: number) => {
    await using slope = await compileMatchingSlope(network, ipc, means[0].length, defaultDevice);
    const here = await slope.hold(weights);
    const out = { loss: 0, images: new Float32Array(from.length), velocity: new Float32Array(from.length) };
    for (let k = 0; k < classes; k++) {
      const shape = [ipc, channels, size, size] as const;
      const showing = { shape, factor: 1, draws: [augmented ? draws[k] : undefined] };
      const { loss, gradient } = await here(showImages(part(from, k), showing), means[k]);
      const back = showAdjoint(gradient, showing);
      const next = momentumStep(part(from, k), velocity && part(velocity, k), back, momentum, lr);
      out.loss += loss[0];
      part(out.images, k).set(next.values);
      if (next.velocity) part(out.velocity, k).set(next.velocity);
    }
    return out;
  };
  const direct = (synthetic: Float32Array<ArrayBuffer>) =>
    matchingLoss(phi, split(seen(real, 5, augmented), 5), split(seen(synthetic, ipc, augmented), ipc));

  it("has the loss of the definition, and moves the images against its gradient", async () => {
    const lr = 0.5;
    const { loss, images: moved } = await update(images, undefined, 0, lr);
    expect(loss / direct(images)).toBeCloseTo(1, 5);
    const gradient = Float64Array.from(images, (x, i) => (x - moved[i]) / lr);
    const norm = Math.hypot(...gradient);
    const directions = [Float32Array.from(gradient, (g) => g / norm)];
    for (let trial = 0; trial < 3; trial++) directions.push(normal(child(key("direction"), trial), images.length));
    for (const direction of directions) {
      // Piecewise smooth: a short step meets few kinks (ten times this one meets some), and single precision still sees it.
      const h = 1e-3 / Math.hypot(...direction);
      const at = (t: number) => direct(images.map((x, i) => x + t * direction[i]));
      const expected = (at(h) - at(-h)) / (2 * h);
      const slope = direction.reduce((sum, d, i) => sum + d * gradient[i], 0);
      // Slopes along random directions have deviation ‖g‖; the slope along the gradient is ‖g‖.
      expect(Math.abs(slope - expected) / norm).toBeLessThan(1e-3);
    }
  });

  it("carries momentum on: v ← μ v + g, x ← x − lr · v", async () => {
    const first = await update(images, new Float32Array(images.length), 0.5, 1);
    const second = await update(first.images, first.velocity, 0.5, 1);
    const g1 = await update(images, undefined, 0, 1);
    const g2 = await update(first.images, undefined, 0, 1);
    for (let i = 0; i < images.length; i += 17) {
      const [d1, d2] = [images[i] - g1.images[i], first.images[i] - g2.images[i]];
      expect(first.images[i] - second.images[i]).toBeCloseTo(0.5 * d1 + d2, 5);
      expect(second.velocity[i]).toBeCloseTo(0.5 * d1 + d2, 5);
    }
  });
});

it("embeds a batch as the definition does, and ignores what fills it up", async () => {
  const embedding = await compileEmbedding(network, 4, defaultDevice);
  const batch = real.slice(0, 4 * pixels);
  const embed4 = await embedding.hold(weights);
  const out = await embed4(batch, Float32Array.of(0.5, 0.5, 0, 0));
  const [a, b] = [phi(batch.subarray(0, pixels)), phi(batch.subarray(pixels, 2 * pixels))];
  out.forEach((v, d) => {
    expect(v).toBeCloseTo((a[d] + b[d]) / 2, 5);
  });
  await embedding.close();
});
