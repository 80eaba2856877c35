import { UsageError } from "../core/errors.ts";
import { logGamma } from "./studentT.ts";

/** A gamma distribution: density x^(shape − 1) e^(−x / scale). */
export interface GammaDistribution {
  readonly shape: number;
  readonly scale: number;
}

/**
 * Fit shape and scale by maximum likelihood: log k − ψ(k) = log of the mean − mean of the logs.
 *
 * @param values positive, not all equal
 * @throws UsageError for others.
 */
export function gammaFit(values: readonly number[]): GammaDistribution {
  const n = values.length;
  if (n < 2 || values.some((v) => !(v > 0)) || values.every((v) => v === values[0]))
    throw new UsageError("gammaFit: invalid values: expected two or more positive numbers that differ");
  const mean = values.reduce((s, v) => s + v / n, 0);
  const excess = Math.log(mean) - values.reduce((s, v) => s + Math.log(v) / n, 0);
  // log k − ψ(k) falls from infinity to nothing.
  let [low, high] = [1e-6, 1e12];
  while (high / low > 1 + 1e-13) {
    const middle = Math.sqrt(low * high);
    if (middle <= low || middle >= high) break;
    if (Math.log(middle) - digamma(middle) > excess) low = middle;
    else high = middle;
  }
  const shape = Math.sqrt(low * high);
  return { shape, scale: mean / shape };
}

/** P(X ≤ x). Series below shape + 1, continued fraction above (Numerical Recipes, 6.2). */
export function gammaBelow(x: number, { shape, scale }: GammaDistribution): number {
  const z = x / scale;
  if (!(z > 0)) return 0;
  const front = Math.exp(shape * Math.log(z) - z - logGamma(shape));
  if (z < shape + 1) {
    let term = 1 / shape;
    let total = term;
    for (let k = 1; term > total * 1e-16; k++) {
      term *= z / (shape + k);
      total += term;
    }
    return Math.min(1, front * total);
  }
  const tiny = 1e-300;
  let b = z + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; k < 100_000; k++) {
    const a = -k * (k - shape);
    b += 2;
    d = 1 / (Math.abs(a * d + b) < tiny ? tiny : a * d + b);
    c = Math.abs(b + a / c) < tiny ? tiny : b + a / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return Math.max(0, 1 - front * fraction);
}

/** ψ(x) for x > 0: recurrence, then the asymptotic series. */
function digamma(x: number): number {
  let below = 0;
  let z = x;
  for (; z < 12; z++) below += 1 / z;
  const q = 1 / z ** 2;
  const series = q * (1 / 12 - q * (1 / 120 - q * (1 / 252 - q * (1 / 240 - q / 132))));
  return Math.log(z) - 0.5 / z - series - below;
}
