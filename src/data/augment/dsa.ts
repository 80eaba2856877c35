import { UsageError } from "../../core/errors.ts";
import { type Key, Stream } from "../../core/random.ts";
import { type Augmentation, type DsaSettings, dsaSettings, pixelsOf } from "./Augmentation.ts";

export const dsaOperators = ["color", "crop", "cutout", "flip", "scale", "rotate"] as const;
export type DsaOperator = (typeof dsaOperators)[number];

/** What a batch must say of itself to be augmented. */
export interface Batch {
  readonly images: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Read a strategy: operators joined by "_", or "none" for no operator.
 *
 * @throws UsageError that lists the operators.
 */
export function parseDsaStrategy(strategy: string): readonly DsaOperator[] {
  if (strategy === "none") return [];
  return strategy.split("_").map((word) => {
    const operator = dsaOperators.find((known) => known === word);
    if (operator) return operator;
    throw new UsageError(
      `dsa: unknown DSA operator: expected none or some of ${dsaOperators.join(", ")} joined by "_", got ${JSON.stringify(word)}`,
    );
  });
}

/**
 * Draw one step of differentiable siamese augmentation, mode S: one operator of the strategy for the batch.
 *
 * @param siamese one set of numbers for all images (what makes two batches of different length change alike); otherwise one an image.
 * @returns undefined for an empty strategy.
 *
 * Source: arXiv 2102.08259, §3.
 */
export function drawDsa(
  source: Key,
  operators: readonly DsaOperator[],
  batch: Batch,
  siamese: boolean,
  settings: DsaSettings = dsaSettings,
): Augmentation | undefined {
  if (operators.length === 0) return undefined;
  const stream = new Stream(source);
  const operator = operators[stream.integer(operators.length)];
  const list = (draw: () => number): number[] => Array.from({ length: siamese ? 1 : batch.images }, draw);
  const u = () => list(() => stream.uniform());
  const shift = (side: number) => list(() => drawShift(stream, pixelsOf(settings.cropPad, side)));
  const centre = (side: number) => {
    const even = pixelsOf(settings.cutout, side) % 2 === 0;
    return list(() => stream.integer(side + (even ? 1 : 0)));
  };
  switch (operator) {
    case "color":
      return { operator, brightnessU: u(), saturationU: u(), contrastU: u() };
    case "crop":
      return { operator, dy: shift(batch.height), dx: shift(batch.width) };
    case "cutout":
      return { operator, cy: centre(batch.height), cx: centre(batch.width) };
    case "scale":
      return { operator, uy: u(), ux: u() };
    default:
      return { operator, u: u() };
  }
}

/** Draw the usual augmentation of classifiers: mirrored or not, then shifted by up to `pad` pixels; each image its own. */
export function drawFlipCrop(source: Key, batch: Batch, pad = 4): Augmentation {
  const stream = new Stream(source);
  const list = (draw: () => number): number[] => Array.from({ length: batch.images }, draw);
  const shift = () => list(() => drawShift(stream, pad));
  return { operator: "flipCrop", u: list(() => stream.uniform()), dy: shift(), dx: shift() };
}

const drawShift = (stream: Stream, most: number): number => stream.integer(2 * most + 1) - most;
