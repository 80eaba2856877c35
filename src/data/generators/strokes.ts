import { child, type Key, key, Stream } from "../../core/random.ts";
import type { LabelledSet } from "../LabelledSet.ts";
import { type Colour, contrastingColour, paintBackground, randomColour } from "./background.ts";
import { inkLine } from "./inkCoverage.ts";
import { type PenStroke, type Point, polyline, strokeTemplates } from "./strokeTemplates.ts";

const side = 32;
const plane = side * side;
const names = Object.keys(strokeTemplates);
const templates = Object.values(strokeTemplates);

/** How far a glyph is bent. Lengths are in glyph units (the glyph fills [−1, 1]²), angles in radians. */
const deform = {
  // Chosen together, so that one real image per class teaches a ConvNet little, ten some and all of them nearly everything.
  rotate: 0.32,
  shear: 0.25,
  scale: [0.6, 1.05],
  stretch: 0.2,
  shift: 0.17,
  jitter: 0.09,
} as const;

/**
 * Draw the raw set `strokes`: ten hand-drawn shapes, 32×32 in colour, on textured backgrounds with distracting marks.
 *
 * Image i of a split is a pure function of (source, split, i) and has class i mod 10: a longer set begins with a
 * shorter one, and its first 10·n images hold n of each class. The splits share no image.
 *
 * @param n images; there is no upper end.
 * @param source the default gives everybody the same set.
 * @example
 * const train = strokes("train", 2000); // 200 drawings of each of ten classes
 */
export function strokes(split: "train" | "test", n: number, source: Key = key("strokes")): LabelledSet {
  const pixels = new Uint8Array(n * 3 * plane);
  const labels = new Int32Array(n);
  const canvas = new Float32Array(3 * plane);
  for (let i = 0; i < n; i++) {
    labels[i] = i % names.length;
    paint(canvas, templates[labels[i]], new Stream(child(source, split, i)));
    for (let j = 0; j < canvas.length; j++) pixels[i * canvas.length + j] = toByte(canvas[j]);
  }
  return {
    kind: "labelled",
    name: "strokes",
    pixels,
    shape: [n, 3, side, side],
    labels,
    classes: names.length,
    classNames: names,
  };
}

/** Paint one image: background, distracting marks below and above, the glyph, noise. */
function paint(canvas: Float32Array, glyph: readonly PenStroke[], stream: Stream): void {
  const ground = paintBackground(canvas, side, stream);
  const marks = stream.integer(4);
  const above = stream.integer(marks + 1);
  for (let m = above; m < marks; m++) scribble(canvas, stream);
  const ink = contrastingColour(stream, ground, 0.35, 0.4);
  const place = randomPlacement(stream);
  const coverage = new Float32Array(plane);
  const radius = stream.uniform(0.7, 1.6);
  for (const stroke of glyph) {
    const bent = stroke.points.map(
      ([x, y]): Point => [x + deform.jitter * stream.normal(), y + deform.jitter * stream.normal()],
    );
    inkLine(coverage, side, polyline({ points: bent, smooth: stroke.smooth }, 4).map(place), radius);
  }
  blend(canvas, coverage, ink, stream.uniform(0.75, 1));
  for (let m = 0; m < above; m++) scribble(canvas, stream);
  addNoise(canvas, stream.uniform(0, 0.08), stream);
}

/** Draw an affine map from glyph units to pixels. */
function randomPlacement(stream: Stream): (point: Point) => Point {
  const angle = stream.uniform(-deform.rotate, deform.rotate);
  const shear = stream.uniform(-deform.shear, deform.shear);
  const scale = (side / 2) * 0.85 * stream.uniform(deform.scale[0], deform.scale[1]);
  const stretch = Math.exp(stream.uniform(-deform.stretch, deform.stretch));
  const [sx, sy] = [scale * stretch, scale / stretch];
  const [cx, cy] = [stream.uniform(-1, 1), stream.uniform(-1, 1)].map((s) => (side / 2) * (1 + deform.shift * s));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return ([x, y]) => {
    const [u, v] = [sx * (x + shear * y), sy * y];
    return [cx + cos * u - sin * v, cy + sin * u + cos * v];
  };
}

/** Draw a short curved mark that belongs to no class. */
function scribble(canvas: Float32Array, stream: Stream): void {
  const point = (): Point => [stream.uniform(0, side), stream.uniform(0, side)];
  const [start, middle] = [point(), point()];
  const towards = (from: Point, to: Point, s: number): Point => [
    from[0] + s * (to[0] - from[0]),
    from[1] + s * (to[1] - from[1]),
  ];
  const end = towards(middle, point(), 0.5);
  const points = [start, towards(start, middle, 0.5), end];
  const coverage = new Float32Array(plane);
  inkLine(coverage, side, polyline({ points, smooth: true }, 4), stream.uniform(0.3, 1.1));
  blend(canvas, coverage, randomColour(stream), stream.uniform(0.4, 0.9));
}

function blend(canvas: Float32Array, coverage: Float32Array, colour: Colour, opacity: number): void {
  for (let i = 0; i < plane; i++) {
    if (coverage[i] === 0) continue;
    const a = opacity * coverage[i];
    for (let c = 0; c < 3; c++) canvas[c * plane + i] += a * (colour[c] - canvas[c * plane + i]);
  }
}

/** Add noise of deviation `sigma`: the sum of four random bytes is near enough to a normal number, and one draw. */
function addNoise(canvas: Float32Array, sigma: number, stream: Stream): void {
  const factor = sigma / Math.sqrt((4 * (256 ** 2 - 1)) / 12);
  for (let i = 0; i < canvas.length; i++) {
    const word = stream.word();
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    canvas[i] += factor * (sum - 510);
  }
}

/** The nearest byte; 255 · value is exact, so that adding a half and cutting is what rounding does. */
function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 1 ? 255 : (255 * value + 0.5) | 0;
}
