import { UsageError } from "../../core/errors.ts";
import { add, matmul, mean, mul, reshape, slice, sub } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import { type Augmentation, type DsaSettings, dsaSettings } from "./Augmentation.ts";
import { colourFactors } from "./augment.ts";
import { tapsOf } from "./taps.ts";

/**
 * Augment images inside a program, differentiably: groups of images, each with its own siamese draw.
 *
 * @param x N C H W; N / G consecutive images are one group.
 * @param matrix [G, H·W, H·W], from `augmentationTensors`: the spatial operator of each group
 * @param colour [G, 3]: shift, saturation, contrast of each group
 */
export function augmentTensor(x: Tensor, matrix: Tensor, colour: Tensor): Tensor {
  const [n, channels, h, w] = x.shape;
  const groups = matrix.shape[0];
  const moved = matmul(reshape(x, [groups, (n / groups) * channels, h * w]), matrix);
  const images = reshape(moved, [groups, n / groups, channels, h * w]);
  const factor = (j: number) =>
    reshape(
      slice(colour, [
        [0, groups],
        [j, j + 1],
      ]),
      [groups, 1, 1, 1],
    );
  const around = (values: Tensor, centre: Tensor, by: Tensor) => add(mul(sub(values, centre), by), centre);
  const bright = add(images, factor(0));
  const saturated = around(bright, mean(bright, [2], true), factor(1));
  return reshape(around(saturated, mean(saturated, [2, 3], true), factor(2)), x.shape);
}

/** Arrays for `augmentTensor`. What was not drawn is the identity. */
export interface AugmentationTensors {
  readonly matrix: Float32Array<ArrayBuffer>;
  readonly colour: Float32Array<ArrayBuffer>;
}

/**
 * Write down siamese draws, one a group, as the inputs of `augmentTensor`.
 *
 * @param reuse arrays of an earlier call with the same sizes, to be overwritten: they are large.
 */
export function augmentationTensors(
  draws: readonly (Augmentation | undefined)[],
  h: number,
  w: number,
  settings: DsaSettings = dsaSettings,
  reuse?: AugmentationTensors,
): AugmentationTensors {
  const size = (h * w) ** 2;
  const matrix = reuse?.matrix.fill(0) ?? new Float32Array(draws.length * size);
  const colour = reuse?.colour ?? new Float32Array(draws.length * 3);
  draws.forEach((draw, g) => {
    colour.set(draw?.operator === "color" ? colourFactors(draw, 0, settings) : [0, 1, 1], 3 * g);
    writeMatrix(matrix.subarray(g * size, (g + 1) * size), draw, h, w, settings);
  });
  return { matrix, colour };
}

/** Rows are input pixels, columns output pixels, out = in · matrix; the identity for a colour operator. */
function writeMatrix(
  out: Float32Array,
  draw: Augmentation | undefined,
  h: number,
  w: number,
  settings: DsaSettings,
): void {
  const pixels = h * w;
  if (draw !== undefined && Object.values(draw).some((v) => typeof v !== "string" && v.length !== 1))
    throw new UsageError("augmentTensor: invalid draw: expected a siamese one, got numbers for each image");
  if (draw === undefined || draw.operator === "color") {
    for (let p = 0; p < pixels; p++) out[p * (pixels + 1)] = 1;
    return;
  }
  const { terms, index, weight } = tapsOf(draw, 0, h, w, settings);
  for (let t = 0; t < pixels * terms; t++) out[index[t] * pixels + Math.floor(t / terms)] += weight[t];
}
