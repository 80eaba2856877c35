/** Settings of a JPEG encoder, as far as they change pixels. */
export interface JpegSettings {
  /** 1 … 100, the scale of the tables in annex K of the standard that nearly all encoders use. */
  readonly quality: number;
  /** Chroma at half the resolution in both directions, the usual default. */
  readonly subsampled: boolean;
}

/** Planes of 8-bit values; grey or RGB. */
export interface BytePlanes {
  readonly planes: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Quantisation tables of ITU-T T.81, annex K.1: luminance, chrominance. */
// biome-ignore format: tables read best as tables.
const tables = [
  [16,11,10,16,24,40,51,61, 12,12,14,19,26,58,60,55, 14,13,16,24,40,57,69,56, 14,17,22,29,51,87,80,62,
   18,22,37,56,68,109,103,77, 24,35,55,64,81,104,113,92, 49,64,78,87,103,121,120,101, 72,92,95,98,112,100,103,99],
  [17,18,24,47,99,99,99,99, 18,21,26,66,99,99,99,99, 24,26,56,99,99,99,99,99, 47,66,99,99,99,99,99,99,
   99,99,99,99,99,99,99,99, 99,99,99,99,99,99,99,99, 99,99,99,99,99,99,99,99, 99,99,99,99,99,99,99,99],
];

/**
 * Predict what JPEG makes of an image: colour transform, subsampling, quantised cosines, and all the way back.
 *
 * @returns planes of whole numbers 0 … 255. Encoders differ from it by a few steps, since their transforms round.
 */
export function jpegRoundTrip(
  { planes, channels, height, width }: BytePlanes,
  { quality, subsampled }: JpegSettings,
): Float32Array {
  const area = height * width;
  if (channels !== 3) return throughBlocks(planes.subarray(0, area), height, width, tableOf(0, quality));
  const [y, cb, cr] = toYcc(planes, area);
  const luma = throughBlocks(y, height, width, tableOf(0, quality));
  const chroma = [cb, cr].map((plane) => {
    const table = tableOf(1, quality);
    if (!subsampled) return throughBlocks(plane, height, width, table);
    const [h, w] = [Math.ceil(height / 2), Math.ceil(width / 2)];
    return doubled(throughBlocks(halved(plane, height, width), h, w, table), height, width);
  });
  return toRgb(luma, chroma[0], chroma[1]);
}

function tableOf(which: 0 | 1, quality: number): number[] {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return tables[which].map((q) => Math.min(255, Math.max(1, Math.floor((q * scale + 50) / 100))));
}

const round = (x: number) => Math.min(255, Math.max(0, Math.round(x)));

function toYcc(planes: Float32Array, area: number): [Float32Array, Float32Array, Float32Array] {
  const mix = (r: number, g: number, b: number, plus: number) => {
    const out = new Float32Array(area);
    for (let i = 0; i < area; i++)
      out[i] = round(r * planes[i] + g * planes[area + i] + b * planes[2 * area + i] + plus);
    return out;
  };
  return [mix(0.299, 0.587, 0.114, 0), mix(-0.168736, -0.331264, 0.5, 128), mix(0.5, -0.418688, -0.081312, 128)];
}

function toRgb(y: Float32Array, cb: Float32Array, cr: Float32Array): Float32Array {
  const area = y.length;
  const rgb = new Float32Array(3 * area);
  for (let i = 0; i < area; i++) {
    rgb[i] = round(y[i] + 1.402 * (cr[i] - 128));
    rgb[area + i] = round(y[i] - 0.344136 * (cb[i] - 128) - 0.714136 * (cr[i] - 128));
    rgb[2 * area + i] = round(y[i] + 1.772 * (cb[i] - 128));
  }
  return rgb;
}

/** Mean of 2×2; the last row and column are repeated. */
function halved(plane: Float32Array, height: number, width: number): Float32Array {
  const [h, w] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const at = (r: number, q: number) => plane[Math.min(r, height - 1) * width + Math.min(q, width - 1)];
  return Float32Array.from({ length: h * w }, (_, i) => {
    const [r, q] = [2 * Math.floor(i / w), 2 * (i % w)];
    return Math.floor((at(r, q) + at(r, q + 1) + at(r + 1, q) + at(r + 1, q + 1) + 1.5) / 4);
  });
}

/** Twice the size with the triangle filter: ¾ of the nearer sample, ¼ of the farther, in both directions. */
function doubled(small: Float32Array, height: number, width: number): Float32Array {
  const [h, w] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const at = (r: number, q: number) => small[Math.min(Math.max(r, 0), h - 1) * w + Math.min(Math.max(q, 0), w - 1)];
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    const [r, q] = [y >> 1, x >> 1];
    const [s, t] = [y % 2 === 0 ? r - 1 : r + 1, x % 2 === 0 ? q - 1 : q + 1];
    return round((9 * at(r, q) + 3 * at(s, q) + 3 * at(r, t) + at(s, t)) / 16);
  });
}

/** Every 8×8 block through cosines, a quantiser, and back. Blocks at the edge are filled by repeating it. */
function throughBlocks(plane: Float32Array, height: number, width: number, table: readonly number[]): Float32Array {
  const out = new Float32Array(height * width);
  const block = new Float64Array(64);
  for (let top = 0; top < height; top += 8)
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++)
        block[i] = plane[Math.min(top + (i >> 3), height - 1) * width + Math.min(left + (i & 7), width - 1)] - 128;
      const coefficients = transform(block, false);
      for (let i = 0; i < 64; i++) coefficients[i] = Math.round(coefficients[i] / table[i]) * table[i];
      const back = transform(coefficients, true);
      for (let i = 0; i < 64; i++) {
        const [r, q] = [top + (i >> 3), left + (i & 7)];
        if (r < height && q < width) out[r * width + q] = round(back[i] + 128);
      }
    }
  return out;
}

const basis = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

const transposed = Float64Array.from(basis, (_, i) => basis[(i & 7) * 8 + (i >> 3)]);

/** Orthonormal two-dimensional cosine transform of an 8×8 block, or its inverse. */
function transform(block: Float64Array, inverse: boolean): Float64Array {
  const matrix = inverse ? transposed : basis;
  const rows = new Float64Array(64);
  for (let r = 0; r < 8; r++)
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += matrix[u * 8 + x] * block[r * 8 + x];
      rows[r * 8 + u] = sum;
    }
  const out = new Float64Array(64);
  for (let v = 0; v < 8; v++)
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let r = 0; r < 8; r++) sum += matrix[v * 8 + r] * rows[r * 8 + u];
      out[v * 8 + u] = sum;
    }
  return out;
}
