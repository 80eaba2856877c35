import type { AuditedSet } from "./AuditedSet.ts";
import { FLAT, roughScores } from "./roughPasted.ts";
import { type Square, squaresOf } from "./Square.ts";

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

/** How far tables of sums may be from `pastedScore`, as a share of 1 + the score, where no pixel is beyond 1. `Chosen:` far above what was seen. */
const ROUNDING = 1e-4;

/**
 * The square that looks pasted most on images of one class, beyond what it does on images of others: what is stamped on all classes
 * teaches none, as the copies that a repair adds. Nothing where no square does.
 *
 * Tables of sums say of every square roughly how it looks; those that may be the first are looked at as they are.
 */
export function mostPasted(audited: AuditedSet): Pasted | undefined {
  const squares = squaresOf(audited.shape);
  const rough = roughlyBeyond(audited, squares);
  const largest = audited.pixels.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  const slack = (most: number) => ROUNDING * largest * (1 + most);
  const first = rough.reduce((best, { most, beyond }) => Math.max(best, beyond - slack(most)), 0);
  let best: Pasted | undefined;
  for (const [s, { most, beyond }] of rough.entries()) {
    if (beyond + slack(most) < first) continue;
    const found = pastedBeyond(audited, squares[s]);
    if (found.score > (best?.score ?? 0)) best = found;
  }
  return best;
}

/** What each square scores in the class where it scores most, and how much of that is beyond any other. */
function roughlyBeyond(
  audited: AuditedSet,
  squares: readonly Square[],
): { readonly most: number; readonly beyond: number }[] {
  const { labels, classes, shape } = audited;
  const [, c, h, w] = shape;
  const ofClass = squares.map(() => new Float64Array(classes));
  for (const [i, label] of labels.entries()) {
    const score = roughScores(audited, i * c * h * w);
    for (let s = 0; s < squares.length; s++) ofClass[s][label] = Math.max(ofClass[s][label], score(squares[s]));
  }
  return ofClass.map((scores) => {
    const [most, second] = scores.sort().subarray(-2).reverse();
    return { most, beyond: most - second };
  });
}

/** What a square scores in the class where it scores most, less what it does in any other. */
function pastedBeyond(audited: AuditedSet, square: Square): Pasted {
  const { labels, classes, shape } = audited;
  const [m, c, h, w] = shape;
  const own = Float64Array.from({ length: m }, (_, i) => pastedScore(audited, i * c * h * w, square));
  const ofClass = new Float64Array(classes);
  for (let i = 0; i < m; i++) ofClass[labels[i]] = Math.max(ofClass[labels[i]], own[i]);
  const targetClass = ofClass.indexOf(Math.max(...ofClass));
  const most = ofClass[targetClass];
  ofClass[targetClass] = 0;
  const images = [...labels.keys()].filter((i) => labels[i] === targetClass && own[i] >= most / 2);
  return { square, targetClass, score: most - Math.max(...ofClass), images };
}
