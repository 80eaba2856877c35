import { type DsaSettings, numberOf, pixelsOf, type SpatialAugmentation } from "./Augmentation.ts";

/**
 * A linear map of the pixels of one channel: out[p] = Σ_t weight[p, t] · in[index[p, t]].
 *
 * A pixel from outside the image has weight 0 and index 0.
 */
export interface Taps {
  /** Terms of one output pixel: 1, or 4 of a bilinear sample. */
  readonly terms: 1 | 4;
  /** [H·W, terms]. */
  readonly index: Int32Array<ArrayBuffer>;
  readonly weight: Float32Array<ArrayBuffer>;
}

/** What a spatial operator does to image i of its batch. */
export function tapsOf(augmentation: SpatialAugmentation, i: number, h: number, w: number, s: DsaSettings): Taps {
  const a = augmentation;
  const number = (values: readonly number[]) => numberOf(values, i);
  switch (a.operator) {
    case "crop":
      return moved(h, w, number(a.dy), number(a.dx), false);
    case "flip":
      return moved(h, w, 0, 0, number(a.u) < s.flip);
    case "flipCrop":
      return moved(h, w, number(a.dy), number(a.dx), number(a.u) < s.flip);
    case "cutout":
      return withoutSquare(h, w, number(a.cy), number(a.cx), s.cutout);
    case "scale": {
      const factor = (u: number) => u * (s.scale - 1 / s.scale) + 1 / s.scale;
      return sampled(h, w, [factor(number(a.ux)), 0, 0, factor(number(a.uy))]);
    }
    case "rotate": {
      const angle = ((number(a.u) - 0.5) * 2 * s.rotate * Math.PI) / 180;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      return sampled(h, w, [cos, -sin, sin, cos]);
    }
  }
}

function empty(h: number, w: number, terms: 1 | 4): Taps {
  return { terms, index: new Int32Array(h * w * terms), weight: new Float32Array(h * w * terms) };
}

/** Shifted by whole pixels, of the mirrored image if asked for. */
function moved(h: number, w: number, dy: number, dx: number, mirrored: boolean): Taps {
  const taps = empty(h, w, 1);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [v, u] = [y + dy, x + dx];
      if (v < 0 || v >= h || u < 0 || u >= w) continue;
      taps.index[y * w + x] = v * w + (mirrored ? w - 1 - u : u);
      taps.weight[y * w + x] = 1;
    }
  }
  return taps;
}

function withoutSquare(h: number, w: number, cy: number, cx: number, share: number): Taps {
  const taps = moved(h, w, 0, 0, false);
  const [rows, columns] = [pixelsOf(share, h), pixelsOf(share, w)];
  const [top, left] = [cy - Math.floor(rows / 2), cx - Math.floor(columns / 2)];
  for (let y = Math.max(0, top); y < Math.min(h, top + rows); y++)
    taps.weight.fill(0, y * w + Math.max(0, left), y * w + Math.min(w, left + columns));
  return taps;
}

/** Bilinear samples at (a·X + b·Y, c·X + d·Y), where X and Y run from −1 to 1 between the outer edges of the image. */
function sampled(h: number, w: number, [a, b, c, d]: readonly [number, number, number, number]): Taps {
  const taps = empty(h, w, 4);
  for (let p = 0; p < h * w; p++) {
    const X = (2 * (p % w) + 1) / w - 1;
    const Y = (2 * Math.floor(p / w) + 1) / h - 1;
    const x = ((a * X + b * Y + 1) * w - 1) / 2;
    const y = ((c * X + d * Y + 1) * h - 1) / 2;
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (let t = 0; t < 4; t++) {
      const [u, v] = [left + (t & 1), top + (t >> 1)];
      if (u < 0 || u >= w || v < 0 || v >= h) continue;
      taps.index[4 * p + t] = v * w + u;
      taps.weight[4 * p + t] = (1 - Math.abs(x - u)) * (1 - Math.abs(y - v));
    }
  }
  return taps;
}
