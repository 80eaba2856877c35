import { UsageError } from "../core/errors.ts";
import { type Key, uniform } from "../core/random.ts";
import type { ImageShape } from "./LabelledSet.ts";
import type { Normalisation } from "./Normalisation.ts";
import { fromPixels } from "./normalise.ts";
import { strokeMask } from "./strokeMask.ts";
import { checkPictureSpace, gamutBounds, inGamut, type SquareTrigger, squareTrigger, type Trigger } from "./Trigger.ts";

export const triggerKinds = ["square", "row", "checker", "stroke", "blend", "sinusoid", "low-frequency"] as const;

export interface TriggerChoice extends SquareTrigger {
  /** `square`: a patch; `row`: a band across the image; `checker`: a patch whose every second pixel is the negative; `stroke`: a random smooth line, `side` wide, from border to border. The others cover the whole image with a picture at `opacity`. */
  readonly kind: (typeof triggerKinds)[number];
  /** Periods across the image: of the sinusoid, or the highest of a low-frequency pattern. */
  readonly frequency: number;
}

/**
 * Make the trigger that somebody chose.
 *
 * `blend` is uniform noise (arXiv 1712.05526), `sinusoid` vertical stripes (SIG, arXiv 1902.11237), `low-frequency` a random sum of
 * slow waves (in the spirit of arXiv 2104.03413); all three in [0, 1] pixels, laid over the image at `opacity`.
 *
 * @param source draws the line of `stroke`, and the pattern of `blend` and `low-frequency`
 */
export function triggerOf(
  choice: TriggerChoice,
  shape: ImageShape,
  normalisation: Normalisation,
  source: Key,
): Trigger {
  if (choice.kind === "square" || choice.kind === "row")
    return squareTrigger({ ...choice, row: choice.kind === "row" }, shape, normalisation);
  if (choice.kind === "checker")
    return checkered(squareTrigger({ ...choice, row: false }, shape, normalisation), normalisation);
  if (choice.kind === "stroke") return stroke(choice, shape, normalisation, source);
  checkPictureSpace(normalisation);
  if (choice.opacity === 1)
    throw new UsageError(
      `trigger: invalid opacity: expected less than 1 for ${choice.kind}, which covers the whole image, got 1`,
    );
  const [, c, h, w] = shape;
  const pixels = wholeImage(choice, [c, h, w], source);
  const pattern = fromPixels(pixels, [1, c, h, w], normalisation);
  const mask = new Float32Array(h * w).fill(choice.opacity);
  return {
    description: `${describe(choice)} over the whole image at ${100 * choice.opacity} %`,
    channels: c,
    height: h,
    width: w,
    mask,
    pattern,
    inGamut: inGamut(mask, pattern, [1, c, h, w], normalisation),
  };
}

/** The same with every second pixel's negative: texture where a flat patch has brightness, which grey pictures have anyway. */
function checkered(flat: Trigger, normalisation: Normalisation): Trigger {
  const { channels, height, width, mask } = flat;
  const { low, high } = gamutBounds(normalisation, channels);
  const pattern = flat.pattern.map((v, i) => {
    const channel = Math.floor(i / (height * width));
    const odd = ((i % width) + Math.floor(i / width)) % 2 === 1;
    return odd ? low[channel] + high[channel] - v : v;
  });
  const description = flat.description.replace("square", "checker");
  return {
    ...flat,
    description,
    pattern,
    inGamut: inGamut(mask, pattern, [1, channels, height, width], normalisation),
  };
}

/** One colour along a random line: long, and little of it in any small square. */
function stroke(choice: TriggerChoice, shape: ImageShape, normalisation: Normalisation, source: Key): Trigger {
  const { side, opacity } = choice;
  const flat = squareTrigger({ ...choice, row: false, margin: 0 }, shape, normalisation);
  const mask = strokeMask(flat.height, flat.width, side, source).map((on) => on * opacity);
  return { ...flat, description: `stroke of width ${side} from border to border`, mask };
}

const describe = ({ kind, frequency }: TriggerChoice): string =>
  kind === "blend"
    ? "noise"
    : kind === "sinusoid"
      ? `sinusoid of ${frequency} periods`
      : `waves of up to ${frequency} periods`;

function wholeImage(
  { kind, frequency }: TriggerChoice,
  [c, h, w]: readonly [number, number, number],
  source: Key,
): Float32Array<ArrayBuffer> {
  const noise = uniform(source, c * h * w);
  if (kind === "blend") return noise;
  if (kind === "low-frequency") return stretched(lowPass(noise, [c, h, w], frequency));
  return Float32Array.from(
    { length: c * h * w },
    (_, i) => 0.5 + 0.5 * Math.sin((2 * Math.PI * frequency * (i % w)) / w),
  );
}

/** Bring numbers to the whole range [0, 1]. */
function stretched(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return values.map((v) => (v - low) / (high - low || 1));
}

/**
 * Keep the slow part of an image: its cosine transform (DCT-II) up to `frequency` periods each way, an orthogonal projection.
 *
 * @param image C·H·W
 */
export function lowPass(
  image: Float32Array<ArrayBuffer>,
  [c, h, w]: readonly [number, number, number],
  frequency: number,
): Float32Array<ArrayBuffer> {
  const rows = projection(h, frequency);
  const columns = projection(w, frequency);
  const out = new Float32Array(image.length);
  const half = new Float64Array(h * w);
  for (let k = 0; k < c; k++) {
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        let sum = 0;
        for (let j = 0; j < w; j++) sum += columns[x * w + j] * image[(k * h + y) * w + j];
        half[y * w + x] = sum;
      }
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        let sum = 0;
        for (let j = 0; j < h; j++) sum += rows[y * h + j] * half[j * w + x];
        out[(k * h + y) * w + x] = sum;
      }
  }
  return out;
}

/** Σ_k u_k u_kᵀ over the cosine vectors u_k of half-periods k ≤ 2·frequency, [n, n]. */
function projection(n: number, frequency: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let k = 0; k <= Math.min(n - 1, Math.floor(2 * frequency)); k++) {
    const u = Float64Array.from(
      { length: n },
      (_, i) => Math.cos((Math.PI * k * (i + 0.5)) / n) * Math.sqrt((k ? 2 : 1) / n),
    );
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j] += u[i] * u[j];
  }
  return out;
}
