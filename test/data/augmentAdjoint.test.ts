import { expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import { augment } from "../../src/data/augment/augment.ts";
import { augmentAdjoint } from "../../src/data/augment/augmentAdjoint.ts";
import { drawDsa, dsaOperators } from "../../src/data/augment/dsa.ts";

const shape = [3, 3, 8, 8] as const;
const [n, , height, width] = shape;
const size = 3 * 3 * 8 * 8;
const [x, g] = [normal(key("images"), size), normal(key("gradient"), size)];
const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

it.each(dsaOperators.flatMap((operator) => [true, false].map((siamese) => ({ operator, siamese }))))(
  "$operator, siamese $siamese: the transpose of its linear part",
  ({ operator, siamese }) => {
    const draw = drawDsa(key(`draw/${operator}/2`), [operator], { images: n, height, width }, siamese);
    const shift = augment(new Float32Array(size), shape, draw);
    const linear = augment(x, shape, draw).map((v, i) => v - shift[i]);
    const back = augmentAdjoint(g, shape, draw);
    expect(Math.abs(inner(linear, g) - inner(x, back))).toBeLessThan(1e-4 * Math.sqrt(inner(x, x) * inner(g, g)));
    expect(back).not.toEqual(g);
  },
);

it("nothing drawn, nothing changed; the numbers are new", () => {
  const back = augmentAdjoint(g, shape, undefined);
  expect(back).toEqual(g);
  expect(back).not.toBe(g);
});
