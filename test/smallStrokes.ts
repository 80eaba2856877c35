import { strokes } from "../src/data/generators/strokes.ts";
import type { LabelledSet } from "../src/data/LabelledSet.ts";

/** Drawings of which every fourth pixel of every fourth row is left, 8×8: for tests of what happens around networks, not in them. */
export function smallStrokes(split: "train" | "test", n: number): LabelledSet {
  const whole = strokes(split, n);
  const [, channels, , side] = whole.shape;
  const small = side / 4;
  const pixels = new Uint8Array(n * channels * small ** 2);
  for (let i = 0; i < pixels.length; i++) {
    const [plane, y, x] = [Math.floor(i / small ** 2), Math.floor(i / small) % small, i % small];
    pixels[i] = whole.pixels[(plane * side + 4 * y) * side + 4 * x];
  }
  return { ...whole, pixels, shape: [n, channels, small, small] };
}
