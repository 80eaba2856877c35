import { child, type Key, Stream } from "../../core/random.ts";

/** What the leaves of one image share. */
interface Palette {
  /** Mean of each channel, in [0, 1]. */
  readonly base: readonly number[];
  /** How far leaves lie from it and from one another. */
  readonly spread: number;
}

/** Opacity of a shape at a pixel: 0 outside, 1 inside, between at its soft edge. */
type Shape = (x: number, y: number) => number;

/**
 * Paint images of opaque, overlapping, textured shapes whose sizes follow a power law: "dead leaves". They need no data,
 * show nothing in particular, and have the edges, occlusions and spectrum of photographs.
 *
 * Image i is a pure function of (source, i).
 *
 * @param shape of one image
 * @returns n·C·H·W pixels in [0, 1], NCHW
 *
 * Source: Lee, Mumford and Huang 2001 (occlusion models of natural images); as training images arXiv 2106.05963.
 * `Chosen:` every range below, wide enough to hold the contrasts of small photographs.
 */
export function deadLeaves(
  source: Key,
  n: number,
  shape: readonly [channels: number, height: number, width: number],
): Float32Array<ArrayBuffer> {
  const [c, h, w] = shape;
  const out = new Float32Array(n * c * h * w);
  for (let i = 0; i < n; i++) {
    const stream = new Stream(child(source, i));
    const image = out.subarray(i * c * h * w, (i + 1) * c * h * w);
    const palette = {
      base: Array.from({ length: c }, () => stream.uniform()),
      spread: stream.uniform(0.05, 0.5),
    };
    paint(image, [h, w], () => 1, palette, stream);
    for (let left = 3 + stream.integer(25); left > 0; left--) paint(image, [h, w], leaf(h, w, stream), palette, stream);
  }
  return out;
}

/** An ellipse or rectangle with a soft edge; the density of radii r falls as r⁻³, the law that makes statistics free of scale. */
function leaf(h: number, w: number, stream: Stream): Shape {
  const side = Math.min(h, w);
  const radius = Math.min(side / 2, (0.045 * side) / Math.sqrt(stream.uniform(0.005, 1)));
  const [cx, cy] = [stream.uniform(0, w), stream.uniform(0, h)];
  const stretch = Math.exp(stream.uniform(-0.7, 0.7));
  const angle = stream.uniform(0, Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const rectangle = stream.uniform() < 0.35;
  const edge = stream.uniform(0.5, 1.5);
  return (x, y) => {
    const u = (cos * (x - cx) + sin * (y - cy)) / (radius * stretch);
    const v = ((cos * (y - cy) - sin * (x - cx)) * stretch) / radius;
    const distance = rectangle ? Math.max(Math.abs(u), Math.abs(v)) : Math.hypot(u, v);
    return clamp(((1 - distance) * radius) / edge + 0.5);
  };
}

/** Cover a shape with one colour, a gradient, often a wave, and grain. */
function paint(
  image: Float32Array,
  [h, w]: readonly [number, number],
  inside: Shape,
  palette: Palette,
  stream: Stream,
) {
  const { base, spread } = palette;
  const lightness = spread * stream.normal();
  const colour = base.map((b) => b + lightness + 0.4 * spread * stream.normal());
  const slope = base.map(() => 0.3 * spread * stream.normal());
  const [gx, gy] = [stream.normal() / w, stream.normal() / h];
  const wave = stream.uniform() < 0.5 ? stream.uniform(0, 0.25) : 0;
  const [frequency, phase, angle] = [
    stream.uniform(0.3, 2.5),
    stream.uniform(0, 2 * Math.PI),
    stream.uniform(0, Math.PI),
  ];
  const [fx, fy] = [frequency * Math.cos(angle), frequency * Math.sin(angle)];
  const grain = stream.uniform(0, 0.06);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const opacity = inside(x, y);
      if (opacity <= 0) continue;
      const texture = wave * Math.sin(fx * x + fy * y + phase) + grain * stream.normal();
      const along = gx * (x - w / 2) + gy * (y - h / 2);
      colour.forEach((value, c) => {
        const at = (c * h + y) * w + x;
        image[at] += opacity * (clamp(value + texture + slope[c] * along) - image[at]);
      });
    }
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
