import type { Checkpoint } from "../../core/checkpoint.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Pool } from "./pool.ts";

/** How far an attack is that learns images and a trigger's pattern with a pool of networks. */
export interface LearntState {
  readonly step: number;
  readonly images: Floats;
  readonly imageSlots: readonly Floats[];
  readonly pattern: Floats;
  readonly patternSlots: readonly Floats[];
  readonly curves: Curves;
}

/** Named lists of one number a step. */
export type Curves = Readonly<Record<string, readonly number[]>>;

/** The curves with one more number each; a new name begins a curve. */
export const appended = (curves: Curves, values: Readonly<Record<string, number>>): Curves => ({
  ...curves,
  ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [...(curves[name] ?? []), value]])),
});

/** Adam's two moments of n numbers before the first step. */
export const freshMoments = (n: number): Floats[] => [new Float32Array(n), new Float32Array(n)];

export const beginLearnt = (images: Floats, pattern: Floats): LearntState => ({
  step: 0,
  images,
  imageSlots: freshMoments(images.length),
  pattern,
  patternSlots: freshMoments(pattern.length),
  curves: {},
});

export function save({ images, imageSlots, pattern, patternSlots, ...json }: LearntState, pool: Pool): Checkpoint {
  const members = pool.save();
  const [m0, v0] = imageSlots;
  const [m1, v1] = patternSlots;
  return { json: { ...json, pool: members.json }, arrays: { ...members.arrays, images, m0, v0, pattern, m1, v1 } };
}

/** The state that was saved; the pool gets its members back. */
export function restore({ json, arrays }: Checkpoint, pool: Pool): LearntState {
  const { pool: members, ...rest } = json as unknown as LearntState & { pool: Parameters<Pool["restore"]>[0] };
  pool.restore(members, arrays);
  const { images, m0, v0, pattern, m1, v1 } = arrays;
  return { ...rest, images, imageSlots: [m0, v0], pattern, patternSlots: [m1, v1] };
}
