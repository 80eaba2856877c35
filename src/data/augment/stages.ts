import { UsageError } from "../../core/errors.ts";
import { child, type Key, Stream } from "../../core/random.ts";
import type { ImageShape } from "../LabelledSet.ts";
import { augment } from "./augment.ts";
import { type DsaOperator, drawDsa, drawFlipCrop, parseDsaStrategy } from "./dsa.ts";
import { resizedCrop } from "./resizedCrop.ts";
import { shuffleParts } from "./shuffleParts.ts";

/** One step of a receiver's augmentation: a named one, or DSA operators of which one is drawn for each batch. */
export type Stage = NamedStage | readonly DsaOperator[];
type NamedStage = (typeof namedStages)[number];

const namedStages = ["flip-crop", "resized-crop", "shuffle", "noise"] as const;

/** The DSA strategy of the field (arXiv 2102.08259). */
const dsaStrategy = "color_crop_cutout_flip_scale_rotate";

export const isDsa = (stage: Stage): stage is readonly DsaOperator[] => typeof stage !== "string";

/**
 * Read an augmentation: stages joined by "+", all applied, in this order.
 *
 * @throws UsageError that lists what a stage can be.
 */
export function parseAugmentation(text: string): Stage[] {
  if (text === "none") return [];
  return text.split("+").map((word) => {
    const named = namedStages.find((stage) => stage === word);
    if (named) return named;
    if (word === "none")
      throw new UsageError(`augmentation: invalid stage: expected none alone, got ${JSON.stringify(text)}`);
    return parseDsaStrategy(word === "dsa" ? dsaStrategy : word);
  });
}

export interface StageSettings {
  /** Whether a DSA operator changes all images of a batch alike. */
  readonly siamese: boolean;
  /** Standard deviation of the noise stage, in the space the images are in. */
  readonly noise: number;
  /** Area of the smallest part that the resized-crop stage cuts out, as a share of the image's; default 0.08. */
  readonly leastArea?: number;
  /** Parts along each side of the shuffle stage; default 2. */
  readonly parts?: number;
}

/** torchvision's. */
export const usualLeastArea = 0.08;
/** The fewest that can be shuffled, and those of the published program. */
export const usualParts = 2;

/**
 * Change a batch of images by every stage, drawn from a key.
 *
 * @param images N·C·H·W numbers, in the space that networks are trained in
 * @returns new numbers; the same ones where there is no stage
 */
export function augmentBatch(
  images: Float32Array<ArrayBuffer>,
  shape: ImageShape,
  stages: readonly Stage[],
  { siamese, noise, leastArea = usualLeastArea, parts = usualParts }: StageSettings,
  key: Key,
): Float32Array<ArrayBuffer> {
  const [n, , height, width] = shape;
  return stages.reduce((x, stage, i) => {
    const own = child(key, i);
    if (stage === "noise") return noisy(x, noise, own);
    if (stage === "resized-crop") return resizedCrop(x, shape, leastArea, own);
    if (stage === "shuffle") return shuffleParts(x, shape, parts, own);
    const batch = { images: n, height, width };
    const draw = stage === "flip-crop" ? drawFlipCrop(own, batch) : drawDsa(own, stage, batch, siamese);
    return augment(x, shape, draw);
  }, images);
}

/** x + σ · N(0, 1), each number its own. */
function noisy(x: Float32Array<ArrayBuffer>, deviation: number, key: Key): Float32Array<ArrayBuffer> {
  const stream = new Stream(key);
  return x.map((v) => v + deviation * stream.normal());
}
