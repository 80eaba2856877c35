/** Where in the images changes sit: mean |Δ| over channels and images, row by row. */
export interface HeatMap {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Rows and columns, both ends included. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export function emptyHeat(height: number, width: number): HeatMap {
  return { height, width, values: new Float32Array(height * width) };
}

/** Add one image's change, weighted. */
export function addHeat(heat: HeatMap, before: Float32Array, after: Float32Array, weight: number): void {
  const plane = heat.height * heat.width;
  const share = (weight * plane) / before.length;
  for (let i = 0; i < before.length; i++) heat.values[i % plane] += share * Math.abs(after[i] - before[i]);
}

/** Chosen: a box counts as a place only if it is at most this share of the image. */
const local = 0.3;

/**
 * The smallest box that holds 95 % of the change, if it is small: a patch. Undefined where the change is spread out.
 */
export function changedPlace({ height, width, values }: HeatMap): Box | undefined {
  const total = values.reduce((sum, x) => sum + x, 0);
  if (total === 0) return undefined;
  const rows = Array.from({ length: height }, (_, r) => sum(values.subarray(r * width, (r + 1) * width)));
  const columns = Array.from({ length: width }, (_, q) => rows.reduce((s, _x, r) => s + values[r * width + q], 0));
  const [top, bottom] = span(rows, total);
  const [left, right] = span(columns, total);
  const area = (bottom - top + 1) * (right - left + 1);
  return area <= local * height * width ? { top, bottom, left, right } : undefined;
}

function sum(values: Float32Array): number {
  return values.reduce((s, x) => s + x, 0);
}

/** The shortest run that leaves at most 2.5 % of the total outside. */
function span(profile: readonly number[], total: number): [number, number] {
  let best: [number, number] = [0, profile.length - 1];
  let [start, inside] = [0, 0];
  for (let end = 0; end < profile.length; end++) {
    inside += profile[end];
    while (start < end && inside - profile[start] >= 0.975 * total) inside -= profile[start++];
    if (inside >= 0.975 * total && end - start < best[1] - best[0]) best = [start, end];
  }
  return best;
}

/** A box in words, counted from 0. */
export function spellBox({ top, bottom, left, right }: Box): string {
  return `rows ${top}–${bottom}, columns ${left}–${right}`;
}
