import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { toEightBit } from "../../data/eightBit.ts";
import { fromPixels } from "../../data/normalise.ts";
import { gamutBounds } from "../../data/Trigger.ts";
import type { Device } from "../../engine/device.ts";
import type { Floats } from "../../nn/Network.ts";
import { adam } from "../../nn/optimisers.ts";
import { type Compiled, compile, f32, type Spec } from "../../tensor/compile.ts";
import { add, maximum, minimum, mul, sub } from "../../tensor/ops.ts";
import type { Tensor } from "../../tensor/Tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import { applyUpdate } from "../../train/Learner.ts";
import { rowsOf } from "./miniBatches.ts";

/** How far an attack may change the images. Shared by every attack that updates them. */
export const budgetOptions = {
  clamp: z.boolean().default(false).describe("keep the images within what a picture can hold"),
  maxChange: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe("largest change of a pixel, 1 = black to white; none = no limit"),
  eightBit: z.boolean().default(false).describe("round the result to 8-bit pixels (keeps the images in gamut)"),
  penalty: z.number().min(0).default(0).describe("weight of the mean squared change"),
};

export type Budget = z.infer<z.ZodObject<typeof budgetOptions>>;

/** What a budget says of every number of the images: M·C·H·W each. */
export interface Limits<T> {
  readonly low: T;
  readonly high: T;
  /** The clean images. */
  readonly origin: T;
}

/** @returns undefined where nothing is limited. @throws UsageError where limits need pixels and the set's are not known. */
export function limitsOf(set: DistilledSet, budget: Budget): Limits<Floats> | undefined {
  const { clamp, maxChange, eightBit, penalty } = budget;
  const boxed = clamp || eightBit || maxChange !== null;
  if (!boxed && penalty === 0) return undefined;
  const [, c, h, w] = set.shape;
  const low = new Float32Array(set.images.length).fill(-Infinity);
  const high = new Float32Array(set.images.length).fill(Infinity);
  if (boxed) {
    const gamut = gamutBounds(set.normalisation, c);
    set.images.forEach((value, i) => {
      const channel = Math.floor(i / (h * w)) % c;
      const reach = maxChange === null ? Infinity : maxChange * (gamut.high[channel] - gamut.low[channel]);
      const pictured = (x: number) =>
        clamp || eightBit ? Math.min(gamut.high[channel], Math.max(gamut.low[channel], x)) : x;
      low[i] = pictured(value - reach);
      high[i] = pictured(value + reach);
    });
  }
  return { low, high, origin: set.images };
}

/** The limits of some of the m images, as an argument of a compiled step; an empty tree without limits. */
export const limitRows = (limits: Limits<Floats> | undefined, rows: Int32Array, m: number): Tree<Floats> =>
  limits
    ? {
        low: rowsOf(limits.low, rows, m),
        high: rowsOf(limits.high, rows, m),
        origin: rowsOf(limits.origin, rows, m),
      }
    : [];

/** Shapes of the limits of n images for `compile`; an empty tree without limits. */
export const limitSpecs = (limits: Limits<Floats> | undefined, n: number, image: readonly number[]): Tree<Spec> => {
  const spec = f32(n, ...image);
  return limits ? { low: spec, high: spec, origin: spec } : [];
};

/** The optimiser of the images. */
export const imageOptimiser = adam();

/** One Adam step of images inside a traced program, then back into the limits. */
export function moveImages(
  x: Tensor,
  gradient: Tensor,
  slots: readonly Tensor[],
  hyper: Tensor,
  limits: Tree<Tensor>,
  { penalty }: Pick<Budget, "penalty">,
): { images: Tensor; slots: readonly Tensor[] } {
  const box = Array.isArray(limits) ? undefined : (limits as unknown as Limits<Tensor>);
  const size = x.shape.reduce((a, b) => a * b, 1);
  // ∇ of penalty · mean (X′ − X)².
  const pulled = box && penalty > 0 ? add(gradient, mul(sub(x, box.origin), (2 * penalty) / size)) : gradient;
  const next = applyUpdate(imageOptimiser, x, pulled, slots, hyper);
  return { images: within(next.weights as Tensor, limits), slots: next.slots as readonly Tensor[] };
}

/** `within` on arrays. */
export const inside = (images: Floats, limits: Limits<Floats> | undefined): Floats =>
  limits ? images.map((v, i) => Math.min(limits.high[i], Math.max(limits.low[i], v))) : images;

/** Bring images into the box of the limits. */
export function within(x: Tensor, limits: Tree<Tensor>): Tensor {
  if (Array.isArray(limits)) return x;
  const { low, high } = limits as unknown as Limits<Tensor>;
  return minimum(maximum(x, low), high);
}

type Move = Compiled<
  [images: Floats, gradient: Floats, slots: readonly Floats[], hyper: Floats, limits: Tree<Floats>],
  { images: Floats; slots: readonly Floats[] }
>;

/** `moveImages` of a whole set, compiled. Without limits the last argument is an empty tree. */
export async function compileMove(
  [m, ...image]: DistilledSet["shape"],
  limits: Limits<Floats> | undefined,
  budget: Pick<Budget, "penalty">,
  device: Device,
): Promise<Move> {
  const program = (x: Tensor, gradient: Tensor, slots: readonly Tensor[], hyper: Tensor, box: Tree<Tensor>) =>
    moveImages(x, gradient, slots, hyper, box, budget) as Tree<Tensor>;
  const spec = f32(m, ...image);
  const specs = [spec, spec, [spec, spec], f32(imageOptimiser.hypers), limitSpecs(limits, m, image)];
  return (await compile(program, specs, device)) as Move;
}

/** Round what an attack made to 8-bit pixels, if the budget asks for it. */
export function withinEightBit(set: DistilledSet, { eightBit }: Budget): DistilledSet {
  if (!eightBit) return set;
  const pixels = Float32Array.from(toEightBit(set).pixels, (byte) => byte / 255);
  return { ...set, images: fromPixels(pixels, set.shape, set.normalisation) };
}

/** @throws UsageError for a budget that no image can meet. */
export function checkBudget(who: string, { maxChange, eightBit }: Budget): void {
  if (eightBit && maxChange !== null && maxChange < 1 / 255)
    throw new UsageError(`${who}: invalid maxChange: expected at least 1/255 with eightBit, got ${maxChange}`);
}
