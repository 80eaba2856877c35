import { UsageError } from "../core/errors.ts";
import { type Key, Stream } from "../core/random.ts";
import type { ImageShape } from "./LabelledSet.ts";
import type { Normalisation } from "./Normalisation.ts";
import { describeNormalisation, fromPixels, toPixels } from "./normalise.ts";
import { addGenerated, type TriggerGenerator } from "./TriggerGenerator.ts";

/**
 * What a backdoor answers to, in the picture space of the set (`pictureSpace`): x ↦ (1 − mask) · x + mask · pattern, the same for
 * all images, or what a generator adds to each.
 */
export interface Trigger {
  /** "bottom-right square of 3×3". */
  readonly description: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** H·W opacities in [0, 1]. */
  readonly mask: Float32Array<ArrayBuffer>;
  /** C·H·W numbers in that space; only those under the mask matter. */
  readonly pattern: Float32Array<ArrayBuffer>;
  /** Whether a picture can hold the pattern: every pixel under the mask within [0, 1]. */
  readonly inGamut: boolean;
  /** Of a trigger that is asked about each image: this alone is applied; the mask is 1 and the pattern 0 everywhere. */
  readonly generator?: TriggerGenerator;
}

/**
 * Stamp a trigger on every image. Pure: gives new images.
 *
 * @example
 * const stamped = applyTrigger(trigger, set.images);
 */
export function applyTrigger(trigger: Trigger, images: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { mask, pattern, generator, channels, height, width } = trigger;
  if (generator) return addGenerated(generator, images, [channels, height, width]);
  const out = images.slice();
  const plane = mask.length;
  const size = pattern.length;
  const touched = [...mask.keys()].filter((i) => mask[i] !== 0);
  for (let base = 0; base < out.length; base += size)
    for (let c = 0; c < size; c += plane)
      for (const i of touched) {
        const at = base + c + i;
        out[at] = out[at] * (1 - mask[i]) + mask[i] * pattern[c + i];
      }
  return out;
}

export const corners = ["bottom-right", "bottom-left", "top-right", "top-left"] as const;

export interface SquareTrigger {
  /** Pixels a side; of a row its height. */
  readonly side: number;
  /** A band from the left border to the right one instead of a square: at the top or the bottom, as the corner says. */
  readonly row?: boolean;
  readonly value: number;
  /** Red, green and blue instead of one value; on grey images the largest of them. */
  readonly colour?: readonly number[] | null;
  /** `normalised`: the value as networks see it; `pixel`: in [0, 1], 1 is white. */
  readonly unit: "normalised" | "pixel";
  readonly corner: (typeof corners)[number];
  /** Pixels between the square and the border. */
  readonly margin: number;
  /** Opacity in (0, 1]. */
  readonly opacity: number;
}

/** @throws UsageError in whitened space, where a patch of a picture is a change of every number. */
export function checkPictureSpace(normalisation: Normalisation): void {
  if (normalisation.kind === "zca" && normalisation.whitening)
    throw new UsageError(
      `trigger: invalid space: expected the picture space of the set, got ${describeNormalisation(normalisation)}; bring the set to pixels first`,
    );
}

/**
 * Make a square, or a row, of one colour (BadNets' patch; arXiv 2502.04229 uses side 1, value 10 normalised).
 *
 * @example
 * const white = { side: 3, value: 1, unit: "pixel", margin: 0, corner: "bottom-right", opacity: 1 } as const;
 * const trigger = squareTrigger(white, set.shape, set.normalisation);
 */
export function squareTrigger(options: SquareTrigger, shape: ImageShape, normalisation: Normalisation): Trigger {
  checkPictureSpace(normalisation);
  const [, c, h, w] = shape;
  const { side, margin, corner, row = false } = options;
  if (side + margin > Math.min(h, w))
    throw new UsageError(
      `trigger: invalid size: expected side + margin of at most ${Math.min(h, w)} pixels, got ${side} + ${margin}`,
    );
  const top = corner.startsWith("top") ? margin : h - margin - side;
  const left = row ? 0 : corner.endsWith("left") ? margin : w - margin - side;
  const mask = new Float32Array(h * w);
  for (let y = top; y < top + side; y++) mask.fill(options.opacity, y * w + left, y * w + (row ? w : left + side));
  const one: ImageShape = [1, c, h, w];
  const { colour, value } = options;
  const levels = !colour
    ? new Array(c).fill(value)
    : c === colour.length
      ? colour
      : new Array(c).fill(Math.max(...colour));
  const flat = Float32Array.from({ length: c * h * w }, (_, i) => levels[Math.floor(i / (h * w))]);
  const pattern = options.unit === "pixel" ? fromPixels(flat, one, normalisation) : flat;
  const what = row ? `${corner.split("-")[0]} row of ${side}×${w}` : `${corner} square of ${side}×${side}`;
  const description = `${what}${margin ? `, ${margin} from the border` : ""}`;
  return {
    description,
    channels: c,
    height: h,
    width: w,
    mask,
    pattern,
    inGamut: inGamut(mask, pattern, one, normalisation),
  };
}

/**
 * Make a trigger of a generator that is in gamut by what it is.
 *
 * @param description "addition of a generator of at most 0.1"
 */
export function generatorTrigger(
  generator: TriggerGenerator,
  [, channels, height, width]: ImageShape,
  description: string,
): Trigger {
  const [mask, pattern] = [new Float32Array(height * width).fill(1), new Float32Array(channels * height * width)];
  return { description, channels, height, width, mask, pattern, inGamut: true, generator };
}

/**
 * A control: a random pattern of the same number of pixels, opacity and energy Σ mask² · pattern², at a random place; of a
 * generator what it adds to the image at hand, with signs drawn at random, the same for all images: bound and energy are the
 * same image by image. A network that answers to it as to the trigger answers to any disturbance.
 *
 * @example
 * const control = randomTrigger(trigger, key("control"), set.normalisation);
 */
export function randomTrigger(like: Trigger, key: Key, normalisation: Normalisation): Trigger {
  const { channels, height, width, generator } = like;
  const stream = new Stream(key);
  if (generator) {
    const signs = like.pattern.map(() => (stream.integer(2) === 0 ? -1 : 1));
    return { ...like, description: `with random signs: ${like.description}`, generator: { ...generator, signs } };
  }
  const [dy, dx] = [stream.integer(height), stream.integer(width)];
  const mask = new Float32Array(like.mask.length);
  const pattern = new Float32Array(like.pattern.length);
  like.mask.forEach((opacity, i) => {
    const y = (Math.floor(i / width) + dy) % height;
    const x = ((i % width) + dx) % width;
    mask[y * width + x] = opacity;
    for (let c = 0; c < channels; c++) pattern[c * mask.length + y * width + x] = stream.normal();
  });
  const energy = (t: { mask: Float32Array; pattern: Float32Array }) =>
    t.pattern.reduce((sum, v, i) => sum + (t.mask[i % t.mask.length] * v) ** 2, 0);
  const factor = Math.sqrt(energy(like) / energy({ mask, pattern }));
  const scaled = pattern.map((v) => v * factor);
  const one: ImageShape = [1, channels, height, width];
  const description = `random pattern of the energy of: ${like.description}`;
  return { ...like, description, mask, pattern: scaled, inGamut: inGamut(mask, scaled, one, normalisation) };
}

/** Whether a picture can hold a pattern: every pixel under the mask within [0, 1]. */
export function inGamut(
  mask: Float32Array,
  pattern: Float32Array,
  shape: ImageShape,
  normalisation: Normalisation,
): boolean {
  // A whitened space has no box of possible pixels; the question is asked in pixel units wherever they are known.
  if (normalisation.kind === "unknown" || (normalisation.kind === "zca" && !normalisation.whitening)) return false;
  const pixels = toPixels(pattern, shape, normalisation);
  return pixels.every((p, i) => mask[i % mask.length] === 0 || (p >= -1e-6 && p <= 1 + 1e-6));
}

/** Lowest and highest value that a pixel in [0, 1] has in the space of a set, per channel. */
export function gamutBounds(normalisation: Normalisation, channels: number): { low: number[]; high: number[] } {
  const shape: ImageShape = [1, channels, 1, 1];
  if (normalisation.kind !== "unit" && normalisation.kind !== "meanStd")
    throw new UsageError(
      `gamut: invalid normalisation: expected unit or mean/std, got ${normalisation.kind}: its pixels are not independent`,
    );
  const at = (value: number) => [...fromPixels(new Float32Array(channels).fill(value), shape, normalisation)];
  return { low: at(0), high: at(1) };
}

/**
 * Clamp images to what a picture can hold. Pure.
 *
 * @example
 * const images = clampToGamut(moved, set.shape, set.normalisation);
 */
export function clampToGamut(
  images: Float32Array<ArrayBuffer>,
  shape: ImageShape,
  normalisation: Normalisation,
): Float32Array<ArrayBuffer> {
  const [, c, h, w] = shape;
  const { low, high } = gamutBounds(normalisation, c);
  return images.map((v, i) => {
    const channel = Math.floor(i / (h * w)) % c;
    return Math.min(high[channel], Math.max(low[channel], v));
  });
}
