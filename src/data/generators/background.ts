import type { Stream } from "../../core/random.ts";

/** A colour, three channels in [0, 1]. */
export type Colour = readonly [number, number, number];

/**
 * Paint a random background: a gradient between two colours, soft blobs, and a smooth texture.
 *
 * @param canvas 3·side·side pixels in [0, 1], overwritten.
 * @returns the mean colour of the gradient, which the strokes have to stand out from.
 */
export function paintBackground(canvas: Float32Array, side: number, stream: Stream): Colour {
  const from = randomColour(stream, 0, 0.8);
  const to = from.map((v) => clamp01(v + stream.uniform(-0.25, 0.25))) as unknown as Colour;
  const angle = stream.uniform(0, 2 * Math.PI);
  const [gx, gy] = [Math.cos(angle) / side, Math.sin(angle) / side];
  const texture = smoothNoise(side, 4 + stream.integer(5), stream);
  const strength = stream.uniform(0, 0.22);
  const tint: Colour = [stream.uniform(-1, 1), stream.uniform(-1, 1), stream.uniform(-1, 1)];
  const plane = side * side;
  for (let c = 0; c < 3; c++) {
    const [start, change, weight] = [from[c], to[c] - from[c], strength * tint[c]];
    for (let r = 0, i = 0; r < side; r++)
      for (let q = 0; q < side; q++, i++) {
        const s = clamp01(0.5 + (q - side / 2) * gx + (r - side / 2) * gy);
        canvas[c * plane + i] = start + s * change + weight * texture[i];
      }
  }
  for (let blobs = stream.integer(4); blobs > 0; blobs--) paintBlob(canvas, side, stream);
  return [0, 1, 2].map((c) => (from[c] + to[c]) / 2) as unknown as Colour;
}

/** Blend a soft disc of random place, size, colour and strength into the canvas. */
function paintBlob(canvas: Float32Array, side: number, stream: Stream): void {
  const [x, y] = [stream.uniform(0, side), stream.uniform(0, side)];
  const radius = side * stream.uniform(0.08, 0.3);
  const colour = randomColour(stream, 0, 0.8);
  const opacity = stream.uniform(0.15, 0.6);
  const plane = side * side;
  const [top, bottom] = [Math.max(0, Math.floor(y - radius)), Math.min(side, Math.ceil(y + radius))];
  const [left, right] = [Math.max(0, Math.floor(x - radius)), Math.min(side, Math.ceil(x + radius))];
  for (let r = top; r < bottom; r++)
    for (let q = left; q < right; q++) {
      const [dx, dy] = [q + 0.5 - x, r + 0.5 - y];
      const away = (dx * dx + dy * dy) / (radius * radius);
      if (away >= 1) continue;
      const a = opacity * Math.sqrt(1 - away);
      for (let c = 0; c < 3; c++) {
        const i = c * plane + r * side + q;
        canvas[i] += a * (colour[c] - canvas[i]);
      }
    }
}

/** Value noise: random numbers in [−1, 1] on a grid of `cells`², interpolated by smoothsteps. */
function smoothNoise(side: number, cells: number, stream: Stream): Float32Array {
  const width = cells + 1;
  const grid = Float32Array.from({ length: width * width }, () => stream.uniform(-1, 1));
  const at = new Int32Array(side);
  const weight = new Float32Array(side);
  for (let i = 0; i < side; i++) {
    const u = (i * cells) / side;
    at[i] = Math.floor(u);
    const t = u - at[i];
    weight[i] = t * t * (3 - 2 * t);
  }
  const out = new Float32Array(side * side);
  for (let r = 0; r < side; r++)
    for (let q = 0; q < side; q++) {
      const i = at[r] * width + at[q];
      const upper = grid[i] + weight[q] * (grid[i + 1] - grid[i]);
      const lower = grid[i + width] + weight[q] * (grid[i + width + 1] - grid[i + width]);
      out[r * side + q] = upper + weight[r] * (lower - upper);
    }
  return out;
}

/** Draw a colour with channels in [low, 1) until one is at least `distance` (Euclidean) away from another colour. */
export function contrastingColour(stream: Stream, other: Colour, distance: number, low: number): Colour {
  for (;;) {
    const colour = randomColour(stream, low);
    if (Math.hypot(colour[0] - other[0], colour[1] - other[1], colour[2] - other[2]) >= distance) return colour;
  }
}

/** Draw a colour, each channel uniform in [low, high). */
export function randomColour(stream: Stream, low = 0, high = 1): Colour {
  return [stream.uniform(low, high), stream.uniform(low, high), stream.uniform(low, high)];
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
