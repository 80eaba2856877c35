import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { ImageShape, LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import type { ObjectInfo, ReadOptions } from "./Format.ts";
import { classMajorLabels, type LabelsOfSet, labelsFromTensor } from "./labels.ts";
import type { Budget } from "./limits.ts";
import { isFloat, type StoredTensor, toFloat32 } from "./tensor.ts";

/** What a reader found, before it is known what kind of set that makes. */
export interface Parts {
  readonly name: string;
  /** [M, C, H, W], [M, H, W, C], or [M, H, W] for grey images. */
  readonly images: StoredTensor;
  readonly labels?: StoredTensor;
  /** Memory order the format prescribes; an option of the caller goes before it. Default: by the place of a 1 or a 3. */
  readonly layout?: "nchw" | "nhwc";
  readonly normalisation?: Normalisation;
  readonly classNames?: readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * Make a set of images and labels: 8-bit images with hard labels are raw data, everything else is distilled.
 *
 * @returns undefined where labels are missing and no `ipc` option says what they are.
 * @throws DataError if shapes do not fit each other.
 */
export function assembleSet(
  parts: Parts,
  options: ReadOptions,
  budget: Budget,
  who: string,
): DistilledSet | LabelledSet | undefined {
  const { name, classNames, metadata = {} } = parts;
  const shape4 = imageShape(parts.images.shape, who);
  const layout = options.layout ?? parts.layout ?? guessLayout(shape4);
  const [n, a, b, c] = shape4;
  const shape: ImageShape = layout === "nchw" ? [n, a, b, c] : [n, c, a, b];
  const labels = findLabels(parts.labels, n, options, who);
  if (!labels) return undefined;
  const classes = Math.max(labels.classes, classNames?.length ?? 0);
  const common = { name, shape, classes, ...(classNames?.length === classes ? { classNames } : {}) };
  if (parts.images.dtype === "uint8" && labels.labels.kind === "hard") {
    const pixels = parts.images.data as Uint8Array<ArrayBuffer>;
    return {
      kind: "labelled",
      ...common,
      pixels:
        layout === "nchw" ? pixels : planar(pixels, new Uint8Array(chargeArray(budget, pixels.length, who)), shape),
      labels: labels.labels.classes,
    };
  }
  if (parts.images.dtype !== "float32") budget.charge(4 * parts.images.data.length, who, "images");
  const images = toFloat32(parts.images);
  return {
    kind: "distilled",
    ...common,
    images:
      layout === "nchw" ? images : planar(images, new Float32Array(chargeArray(budget, images.length, who, 4)), shape),
    labels: labels.labels,
    normalisation: parts.normalisation ?? { kind: "unknown" },
    metadata,
  };
}

function findLabels(
  tensor: StoredTensor | undefined,
  n: number,
  options: ReadOptions,
  who: string,
): LabelsOfSet | undefined {
  if (tensor) return labelsFromTensor(tensor, n, who);
  return options.ipc === undefined ? undefined : classMajorLabels(n, options.ipc, who);
}

/** Could this tensor be a stack of images? Three or four dimensions, none empty, sides of 2 and more. */
export function looksLikeImages({ shape, dtype }: Pick<ObjectInfo, "shape" | "dtype">): boolean {
  if (!(isFloat(dtype) || dtype === "uint8") || shape.some((size) => size < 1)) return false;
  if (shape.length === 3) return shape[1] > 1 && shape[2] > 1;
  if (shape.length !== 4) return false;
  const channels = (size: number) => size === 1 || size === 3;
  return (channels(shape[1]) && shape[2] > 1 && shape[3] > 1) || (channels(shape[3]) && shape[1] > 1 && shape[2] > 1);
}

/** Copy N H W C numbers into N C H W order. `shape` is the result's. */
export function planar<T extends Float32Array | Uint8Array>(from: T, to: T, [n, c, h, w]: ImageShape): T {
  const area = h * w;
  for (let i = 0; i < n; i++)
    for (let p = 0; p < area; p++)
      for (let k = 0; k < c; k++) to[(i * c + k) * area + p] = from[(i * area + p) * c + k];
  return to;
}

function chargeArray(budget: Budget, count: number, who: string, size = 1): number {
  budget.charge(count * size, who, "images in planar order");
  return count;
}

function imageShape(shape: readonly number[], who: string): ImageShape {
  if (shape.length === 3) return [shape[0], 1, shape[1], shape[2]];
  if (shape.length !== 4)
    throw new DataError(`${who}: invalid images: expected [M, C, H, W] or [M, H, W], got [${shape.join(", ")}]`);
  return shape as readonly number[] as ImageShape;
}

/** NHWC only if the last dimension is 1 or 3 and the second is not: channels are few, sides are not. */
function guessLayout([, second, , last]: ImageShape): "nchw" | "nhwc" {
  const channels = (size: number) => size === 1 || size === 3;
  return channels(last) && !channels(second) ? "nhwc" : "nchw";
}
