import { type Closable, closable, closeAll } from "../core/closable.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { fromPixels, toPixels } from "../data/normalise.ts";
import type { Device } from "../engine/device.ts";
import type { Floats } from "../nn/Network.ts";
import { type Compiled, compile, f32 } from "../tensor/compile.ts";
import { add, matmul, sub } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";

/** The way between pixels in [0, 1] and the space of a set, for any number of images. */
export interface PictureBridge extends Closable {
  toPixels(values: Floats): Promise<Floats>;
  fromPixels(pixels: Floats): Promise<Floats>;
}

/** One of the two directions of a whitening, [N, D] → [N, D]. */
type Affine = Compiled<[Floats, Floats, Floats], Floats>;

/**
 * Build a bridge for images of one shape. Whitening is a product with a D × D matrix, 20 million operations a picture of 3 × 32 × 32: the engine
 * does it. What treats every pixel by itself needs no engine.
 */
export function pictureBridge(
  normalisation: Normalisation,
  [c, h, w]: readonly [number, number, number],
  device: Device,
): PictureBridge {
  const d = c * h * w;
  if (normalisation.kind !== "zca" || !normalisation.whitening) {
    const shapeOf = (images: Floats): ImageShape => [images.length / d, c, h, w];
    return {
      toPixels: async (values) => toPixels(values, shapeOf(values), normalisation),
      fromPixels: async (pixels) => fromPixels(pixels, shapeOf(pixels), normalisation),
      ...closable(async () => {}),
    };
  }
  const { mean, matrix, inverse } = normalisation.whitening;
  const programs = new Map<string, Promise<Affine>>();
  // The matrix is an argument: graphs stay small, and those of other sets can share them.
  const program = (name: string, rows: number, f: (x: Tensor, m: Tensor, by: Tensor) => Tensor): Promise<Affine> => {
    const key = `${name} ${rows}`;
    const found = programs.get(key) ?? (compile(f, [f32(rows, d), f32(d), f32(d, d)], device) as Promise<Affine>);
    programs.set(key, found);
    return found;
  };
  return {
    async toPixels(values) {
      const run = await program("to", values.length / d, (x, m, by) => add(matmul(x, by), m));
      return run(values, mean, inverse);
    },
    async fromPixels(pixels) {
      const run = await program("from", pixels.length / d, (x, m, by) => matmul(sub(x, m), by));
      return run(pixels, mean, matrix);
    },
    ...closable(async () => {
      const all = [...programs.values()];
      programs.clear();
      await closeAll(all);
    }),
  };
}
