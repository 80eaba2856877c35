import { UsageError } from "../core/errors.ts";

/** Quantiles that were found before: a sweep summarises thousands of samples of a few sizes. */
const known = new Map<string, number>();

/**
 * Find t with P(T ≤ t) = p for Student's distribution with ν degrees of freedom.
 *
 * Solves the distribution function by bisection after doubling the bracket; relative error below 1e-9.
 *
 * @param p in (0, 1).
 * @param freedom ν ≥ 1, not necessarily whole.
 */
export function studentTQuantile(p: number, freedom: number): number {
  if (!(p > 0 && p < 1)) throw new UsageError(`studentTQuantile: invalid p: expected a number in (0, 1), got ${p}`);
  if (!(freedom >= 1)) throw new UsageError(`studentTQuantile: invalid freedom: expected at least 1, got ${freedom}`);
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentTQuantile(1 - p, freedom);
  const name = `${p}/${freedom}`;
  const found = known.get(name) ?? bisect(p, freedom);
  known.set(name, found);
  return found;
}

function bisect(p: number, freedom: number): number {
  let high = 1;
  while (upperTail(high, freedom) > 1 - p) high *= 2;
  let low = high === 1 ? 0 : high / 2;
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (upperTail(middle, freedom) > 1 - p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Give P(|T| ≥ |t|) for Student's distribution with ν degrees of freedom: the two-sided p-value of a t statistic. */
export function studentTTwoSided(t: number, freedom: number): number {
  if (Number.isNaN(t)) throw new UsageError("studentTTwoSided: invalid t: expected a number, got NaN");
  if (!(freedom >= 1)) throw new UsageError(`studentTTwoSided: invalid freedom: expected at least 1, got ${freedom}`);
  return Number.isFinite(t) ? 2 * upperTail(Math.abs(t), freedom) : 0;
}

/** P(T > t) for t ≥ 0: half the regularised incomplete beta I_x(ν/2, 1/2) at x = ν / (ν + t²). */
function upperTail(t: number, freedom: number): number {
  return 0.5 * incompleteBeta(freedom / (freedom + t * t), (t * t) / (freedom + t * t), freedom / 2, 0.5);
}

/**
 * Regularised incomplete beta I_x(a, b) by its continued fraction (DLMF 8.17.22), on the side where it converges fast.
 *
 * @param y 1 − x, given apart because the subtraction would lose its digits.
 */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(y, x, b, a);
  const front = Math.exp(a * logOf(x, y) + b * logOf(y, x) - logBeta(Math.max(a, b), Math.min(a, b))) / a;
  return front / betaFraction(x, a, b);
}

/** ln x, exact near 1 too, where 1 − x = y is known better than x. */
function logOf(x: number, y: number): number {
  return x > 0.5 ? Math.log1p(-y) : Math.log(x);
}

/** ln B(a, b) for a ≥ b: beyond a = 10⁶ the ratio Γ(a + b)/Γ(a) from its series, as the difference would cancel (DLMF 5.11.13). */
function logBeta(a: number, b: number): number {
  const ratio = a > 1e6 ? b * Math.log(a) + Math.log1p((b * (b - 1)) / (2 * a)) : logGamma(a + b) - logGamma(a);
  return logGamma(b) - ratio;
}

/** 1 + d₁/(1 + d₂/(1 + …)) evaluated from the tail; 200 terms are far beyond double precision here. */
function betaFraction(x: number, a: number, b: number): number {
  let value = 1;
  for (let n = 200; n >= 1; n--) {
    const m = n >> 1;
    const d =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    value = 1 + d / value;
  }
  return value;
}

/** ln Γ(z) for z > 0: Stirling's series (DLMF 5.11.1) after shifting z above 12 by the recurrence. */
export function logGamma(z: number): number {
  let shift = 0;
  let w = z;
  for (; w < 12; w++) shift += Math.log(w);
  const r = 1 / (w * w);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) / w;
  return (w - 0.5) * Math.log(w) - w + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
