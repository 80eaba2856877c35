import { child, type Key, Stream } from "../core/random.ts";
import { deadLeaves } from "../data/generators/deadLeaves.ts";
import type { Floats } from "../nn/Network.ts";
import type { AuditedSet } from "./AuditedSet.ts";

/**
 * Pictures to paste patches on. Networks have memorised the set: on its own images a trigger looks weak, on pictures that are
 * none of it as strong as on real ones.
 *
 * Colour: half are noise with the spectrum of photographs, a quarter dead leaves at half contrast, a quarter means of four images of
 * the set. Grey: half are mixtures of two shifted images of the set, the others as above.
 *
 * @returns n·C·H·W pixels in [0, 1]
 */
export function carriers(audited: AuditedSet, n: number, key: Key): Floats {
  const [, c, h, w] = audited.shape;
  const size = c * h * w;
  const quarter = Math.floor(n / 4);
  const half = n - 2 * quarter;
  const out = new Float32Array(n * size);
  out.set(
    c === 1 ? shiftedMixtures(audited, half, child(key, "mixtures")) : noises(half, c, h, w, child(key, "noise")),
  );
  out.set(
    deadLeaves(child(key, "leaves"), quarter, [c, h, w]).map((v) => 0.25 + v / 2),
    half * size,
  );
  out.set(means(audited, quarter, child(key, "means")), (half + quarter) * size);
  return out.map((v) => Math.min(1, Math.max(0, v)));
}

/** `Chosen:` mean, contrast and share of common noise as small photographs have them. */
function noises(n: number, c: number, h: number, w: number, key: Key): Floats {
  const out = new Float32Array(n * c * h * w);
  for (let i = 0; i < n; i++) {
    const stream = new Stream(child(key, i));
    const [mean, contrast] = [0.47 + 0.15 * stream.normal(), stream.uniform(0.11, 0.33)];
    const common = pinkNoise(h, w, stream);
    for (let k = 0; k < c; k++) {
      const own = pinkNoise(h, w, stream);
      for (let p = 0; p < h * w; p++)
        out[(i * c + k) * h * w + p] = mean + contrast * (0.9 * common[p] + 0.44 * own[p]);
    }
  }
  return out;
}

/** Noise whose amplitude falls as one over frequency: white noise on ever finer grids, octave by octave, mean 0 and deviation 1. */
function pinkNoise(h: number, w: number, stream: Stream): Floats {
  const out = new Float32Array(h * w);
  for (let cells = 1; cells <= Math.max(h, w); cells *= 2) {
    const side = cells + 1;
    const grid = Float32Array.from({ length: side * side }, () => stream.normal());
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const [v, u] = [(y * cells) / h, (x * cells) / w];
        const [r, q] = [Math.floor(v), Math.floor(u)];
        const [a, b] = [v - r, u - q];
        const at = r * side + q;
        const upper = grid[at] * (1 - b) + grid[at + 1] * b;
        const lower = grid[at + side] * (1 - b) + grid[at + side + 1] * b;
        out[y * w + x] += upper * (1 - a) + lower * a;
      }
  }
  const mean = out.reduce((s, v) => s + v, 0) / out.length;
  const deviation = Math.sqrt(out.reduce((s, v) => s + (v - mean) ** 2, 0) / out.length) || 1;
  return out.map((v) => (v - mean) / deviation);
}

function means({ pixels, shape: [m, c, h, w] }: AuditedSet, n: number, key: Key): Floats {
  const size = c * h * w;
  const stream = new Stream(key);
  const out = new Float32Array(n * size);
  for (let i = 0; i < n; i++)
    for (let four = 0; four < 4; four++) {
      const from = stream.integer(m) * size;
      for (let p = 0; p < size; p++) out[i * size + p] += pixels[from + p] / 4;
    }
  return out;
}

function shiftedMixtures({ pixels, shape: [m, c, h, w] }: AuditedSet, n: number, key: Key): Floats {
  const stream = new Stream(key);
  const out = new Float32Array(n * c * h * w);
  for (let i = 0; i < n; i++) {
    const share = stream.uniform(0.3, 0.7);
    for (const weight of [share, 1 - share]) {
      const from = stream.integer(m) * c;
      const [dy, dx] = [stream.integer(9) - 4, stream.integer(9) - 4];
      for (let k = 0; k < c; k++)
        for (let y = 0; y < h; y++)
          for (let x = 0; x < w; x++) {
            const [r, q] = [y + dy, x + dx];
            if (r < 0 || r >= h || q < 0 || q >= w) continue;
            out[((i * c + k) * h + y) * w + x] += weight * pixels[((from + k) * h + r) * w + q];
          }
    }
  }
  return out;
}
