import type { ImageShape } from "../data/LabelledSet.ts";
import type { AuditedSet } from "./AuditedSet.ts";

/** A square of pixels. */
export interface Square {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** Sides of squares, in pixels. Below three any image has some. */
const SIDES = [3, 4, 5, 6, 7, 8];
/** Least deviation that counts as texture, 1 = black to white: flat is flat. `Chosen.` */
const FLAT = 0.05;

/** Squares at every place. No rows from border to border: photographs have margins. */
export function squaresOf([, , h, w]: ImageShape): Square[] {
  const out: Square[] = [];
  for (const side of SIDES)
    for (let top = 0; top + side <= h; top++)
      for (let left = 0; left + side <= w; left++) if (side < Math.min(h, w)) out.push({ top, left, side });
  return out;
}

/**
 * How much a square of one image looks pasted on it:
 *
 *   min over its sides of ⟨mean step from the pixels outside to those inside, u⟩ / (deviation within + 0.05)
 *
 * where u is the direction in colour of the mean step over all sides. What is pasted steps the same way along every side and is the
 * same within; details of pictures fade somewhere. Sides on the picture's border do not count.
 *
 * @param from first number of the image in `pixels`
 */
export function pastedScore(
  { pixels, shape: [, c, h, w] }: AuditedSet,
  from: number,
  { top, left, side }: Square,
): number {
  const [bottom, right] = [top + side - 1, left + side - 1];
  const at = (k: number, y: number, x: number) => pixels[from + (k * h + y) * w + x];
  const rows: [inside: number, outside: number][] = [];
  if (top > 0) rows.push([top, top - 1]);
  if (bottom < h - 1) rows.push([bottom, bottom + 1]);
  const columns: [inside: number, outside: number][] = [];
  if (left > 0) columns.push([left, left - 1]);
  if (right < w - 1) columns.push([right, right + 1]);
  const steps: number[][] = [];
  for (const [inside, outside] of rows)
    steps.push(
      Array.from({ length: c }, (_, k) => {
        let sum = 0;
        for (let x = left; x <= right; x++) sum += at(k, inside, x) - at(k, outside, x);
        return sum / side;
      }),
    );
  for (const [inside, outside] of columns)
    steps.push(
      Array.from({ length: c }, (_, k) => {
        let sum = 0;
        for (let y = top; y <= bottom; y++) sum += at(k, y, inside) - at(k, y, outside);
        return sum / side;
      }),
    );
  const mean = Array.from({ length: c }, (_, k) => steps.reduce((sum, step) => sum + step[k], 0) / steps.length);
  const length = Math.hypot(...mean);
  if (length === 0) return 0;
  const step = Math.min(...steps.map((one) => one.reduce((sum, v, k) => sum + (v * mean[k]) / length, 0)));
  if (step <= 0) return 0;
  let variance = 0;
  for (let k = 0; k < c; k++) {
    let [sum, squares] = [0, 0];
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const v = at(k, y, x);
        sum += v;
        squares += v * v;
      }
    const n = side ** 2;
    variance += Math.max(0, squares / n - (sum / n) ** 2) / c;
  }
  return step / (Math.sqrt(variance) + FLAT);
}

export interface Pasted {
  readonly square: Square;
  readonly targetClass: number;
  /** Score in the class less that in any other. */
  readonly score: number;
  /** Images of the class where it is half as much or more. */
  readonly images: number[];
}

/**
 * The square that looks pasted most on images of one class, beyond what it does on images of others: what is stamped on all classes
 * teaches none, as the copies that a repair adds. Nothing where no square does.
 */
export function mostPasted(audited: AuditedSet): Pasted | undefined {
  const { labels, classes, shape } = audited;
  const [m, c, h, w] = shape;
  let best: Omit<Pasted, "images"> | undefined;
  const own = new Float64Array(m);
  const ofClass = new Float64Array(classes);
  let images: number[] = [];
  for (const square of squaresOf(shape)) {
    ofClass.fill(0);
    for (let i = 0; i < m; i++) {
      own[i] = pastedScore(audited, i * c * h * w, square);
      ofClass[labels[i]] = Math.max(ofClass[labels[i]], own[i]);
    }
    const targetClass = ofClass.indexOf(Math.max(...ofClass));
    const most = ofClass[targetClass];
    ofClass[targetClass] = 0;
    const score = most - Math.max(...ofClass);
    if (score <= (best?.score ?? 0)) continue;
    best = { square, targetClass, score };
    images = [...labels.keys()].filter((i) => labels[i] === targetClass && own[i] >= most / 2);
  }
  return best && { ...best, images };
}
