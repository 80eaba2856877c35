import type { ImageShape } from "./LabelledSet.ts";

/** A 3×3 convolution. */
export interface GeneratorLayer {
  /** [3, 3, in, out]. */
  readonly weight: Float32Array<ArrayBuffer>;
  /** [out]. */
  readonly bias: Float32Array<ArrayBuffer>;
}

/**
 * What a trigger adds that is asked about each image: for pixels p in [0, 1] of one image
 *
 *   p ↦ clamp(p + bound · tanh(layers(2p − 1))),   ReLU between the layers, zeros beyond the border.
 *
 * What lies outside the gamut before is not moved further out, nor brought in.
 */
export interface TriggerGenerator {
  readonly layers: readonly GeneratorLayer[];
  /** Largest addition to a pixel, 1 = black to white. */
  readonly bound: number;
  /** Black and white in the space of the images, per channel. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Of a control: C·H·W factors of 1 or −1 on what is added. */
  readonly signs?: Float32Array<ArrayBuffer>;
}

/**
 * Add to each image what the generator says of it. Pure: gives new images.
 *
 * @param images N·C·H·W, in the space of `low` and `high`
 */
export function addGenerated(
  { layers, bound, low, high, signs }: TriggerGenerator,
  images: Float32Array<ArrayBuffer>,
  [c, h, w]: readonly [c: number, h: number, w: number],
): Float32Array<ArrayBuffer> {
  const out = images.slice();
  const [plane, size] = [h * w, c * h * w];
  const pixels = new Float32Array(size);
  for (let base = 0; base < out.length; base += size) {
    for (let i = 0; i < size; i++) {
      const k = Math.floor(i / plane);
      pixels[i] = (images[base + i] - low[k]) / (high[k] - low[k]);
    }
    let maps = pixels.map((p) => 2 * p - 1);
    layers.forEach((layer, i) => {
      maps = convolved(layer, maps, h, w);
      if (i < layers.length - 1) for (let j = 0; j < maps.length; j++) if (maps[j] < 0) maps[j] = 0;
    });
    for (let i = 0; i < size; i++) {
      const k = Math.floor(i / plane);
      const p = pixels[i];
      const moved = p + bound * Math.tanh(maps[i]) * (signs ? signs[i] : 1);
      const kept = Math.min(Math.max(p, 1), Math.max(Math.min(p, 0), moved));
      out[base + i] = low[k] + kept * (high[k] - low[k]);
    }
  }
  return out;
}

/** The same on 8-bit pictures. @param pixels N·C·H·W bytes */
export function addGeneratedToBytes(
  generator: TriggerGenerator,
  pixels: Uint8Array,
  [, c, h, w]: ImageShape,
): Uint8Array<ArrayBuffer> {
  const inPixels = { ...generator, low: new Array(c).fill(0), high: new Array(c).fill(1) };
  const moved = addGenerated(
    inPixels,
    Float32Array.from(pixels, (byte) => byte / 255),
    [c, h, w],
  );
  return Uint8Array.from(moved, (p) => Math.round(255 * p));
}

/** x [in, H, W] → [out, H, W]. */
function convolved({ weight, bias }: GeneratorLayer, x: Float32Array, h: number, w: number): Float32Array<ArrayBuffer> {
  const plane = h * w;
  const [inputs, outputs] = [x.length / plane, bias.length];
  const out = new Float32Array(outputs * plane);
  for (let o = 0; o < outputs; o++) {
    const to = out.subarray(o * plane, (o + 1) * plane).fill(bias[o]);
    for (let i = 0; i < inputs; i++)
      for (let tap = 0; tap < 9; tap++)
        addShifted(
          to,
          x,
          i * plane,
          weight[(tap * inputs + i) * outputs + o],
          Math.floor(tap / 3) - 1,
          (tap % 3) - 1,
          w,
        );
  }
  return out;
}

/** Add `factor` times a map, seen from `dy` rows further down and `dx` columns further right, to another. */
function addShifted(
  to: Float32Array,
  from: Float32Array,
  start: number,
  factor: number,
  dy: number,
  dx: number,
  w: number,
): void {
  const h = to.length / w;
  const [left, right] = [Math.max(0, -dx), Math.min(w, w - dx)];
  for (let y = Math.max(0, -dy); y < Math.min(h, h - dy); y++) {
    const source = start + (y + dy) * w + dx;
    for (let x = left, row = y * w; x < right; x++) to[row + x] += factor * from[source + x];
  }
}
