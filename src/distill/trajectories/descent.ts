import type { Checkpoint } from "../../core/checkpoint.ts";
import { type Floats, initialise, type Network } from "../../nn/Network.ts";
import { restoredTrajectory, type Trajectory } from "./Experts.ts";
import type { Lesson, Slopes } from "./TrajectoryUpdate.ts";
import type { TrajectoryOptions } from "./trajectoryOptions.ts";

/** A lesson and the momentum of each of its parts: all that updates change. */
export interface Descent extends Lesson {
  readonly velocity: Omit<Slopes, "loss">;
}

export function beginDescent(images: Floats, labels: Floats | undefined, rate: number): Descent {
  const still = { images: new Float32Array(images.length), labels: labels && new Float32Array(labels.length), rate: 0 };
  return { images, labels, rate, velocity: still };
}

/** One step of SGD with momentum on images, labels and rate, each at its own learning rate. */
export function descended(
  { images, labels, rate, velocity }: Descent,
  slopes: Omit<Slopes, "loss">,
  opts: TrajectoryOptions,
): Descent {
  const { momentum, labelMomentum = 0, lrImg, lrLabel = 0, lrRate } = opts;
  const [x, v] = moved(images, velocity.images, slopes.images, lrImg, momentum);
  const [z, u] = labels ? moved(labels, velocity.labels!, slopes.labels!, lrLabel, labelMomentum) : [labels, undefined];
  // The published programs give the rate the momentum 0.5 whatever that of the images.
  const push = 0.5 * velocity.rate + slopes.rate;
  return { images: x, labels: z, rate: rate - lrRate * push, velocity: { images: v, labels: u, rate: push } };
}

function moved(w: Floats, velocity: Floats, gradient: Floats, lr: number, momentum: number): [Floats, Floats] {
  const next = velocity.map((v, i) => momentum * v + gradient[i]);
  return [w.map((x, i) => x - lr * next[i]), next];
}

/** As a checkpoint holds it. */
export function saveDescent({ images, labels, rate, velocity }: Descent): Pick<Checkpoint, "json" | "arrays"> {
  return {
    json: { rate, push: velocity.rate },
    arrays: {
      images,
      momentum: velocity.images,
      ...(labels && { labels, labelMomentum: velocity.labels }),
    },
  };
}

export function restoreDescent({ json, arrays }: Checkpoint): Descent {
  const { rate, push } = json as { rate: number; push: number };
  const { images, momentum, labels, labelMomentum } = arrays as Record<string, Floats | undefined>;
  return { images: images!, labels, rate, velocity: { images: momentum!, labels: labelMomentum, rate: push } };
}

export const restoreExpert = ({ json, arrays }: Checkpoint, network: Network): Trajectory =>
  restoredTrajectory(json, arrays, initialise(network.weights, { hex: "0".repeat(32) }));
