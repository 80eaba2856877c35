import { NumericError, UsageError } from "../core/errors.ts";
import { child, type Key, permutation, Stream } from "../core/random.ts";
import { augmentBatch, parseAugmentation } from "../data/augment/stages.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import { type Floats, initialise } from "../nn/Network.ts";
import { inputTransform } from "./inputTransform.ts";
import type { Learner, LearnerState } from "./Learner.ts";
import { drawMix, mix } from "./mixing.ts";
import type { Protocol } from "./protocol.ts";
import { resolveProtocol } from "./resolveProtocol.ts";
import { schedule } from "./schedule.ts";
import { targetsOf } from "./targets.ts";
import { WeightAverage } from "./weightAverage.ts";

export interface Trained {
  readonly state: LearnerState;
  /** Mean training loss of each epoch. */
  readonly losses: readonly number[];
}

/**
 * Train a fresh network on a distilled set: the one training loop.
 *
 * Each batch is augmented, mixed, shown to the teacher if there is one, and learned. Initial weights, order and draws are
 * functions of `key` alone, so that the same key compares two sets fairly.
 *
 * @throws NumericError when the loss is no longer a number.
 * @example
 * const { state } = await train(learner, set, protocol, key(7));
 */
export async function train(
  learner: Learner,
  set: DistilledSet,
  given: Protocol,
  key: Key,
  onEpoch?: (epoch: number) => void | Promise<void>,
): Promise<Trained> {
  const protocol = resolveProtocol(given);
  const { network } = learner;
  const images = await seenImages(protocol, set, learner);
  const targets = targetsOf(set, protocol);
  const teach = await teacherOf(learner, set, protocol, key);
  const change = batchChange(protocol, set);
  let state = learner.start(
    initialise(network.weights, child(key, "weights")),
    initialise(network.running, child(key, "running")),
  );
  const average = protocol.ema > 0 ? new WeightAverage(protocol.ema, state) : undefined;
  const losses: number[] = [];
  for (let epoch = 0; epoch < protocol.epochs; epoch++) {
    const { lr, fresh } = schedule(protocol, epoch);
    if (fresh) state = { ...state, slots: learner.freshSlots(state.weights), step: 0 };
    let total = 0;
    const batches = batchesOf({ x: images, y: targets }, set.shape[0], protocol.batch, child(key, "order", epoch));
    for (const [i, batch] of batches.entries()) {
      const { x, y } = change(batch, child(key, "augmentation", epoch, i));
      const result = await learner.step(state, x, y, lr, await teach?.(x));
      state = result.state;
      average?.add(state);
      total += result.loss / batches.length;
    }
    if (!Number.isFinite(total))
      throw new NumericError(
        `train: invalid loss: expected a number, got ${total}; a lower learning rate or a warm-up may keep this network from diverging`,
        epoch,
      );
    losses.push(total);
    await onEpoch?.(epoch);
  }
  return { state: average?.of(state) ?? state, losses };
}

async function seenImages({ input }: Protocol, set: DistilledSet, { device }: Learner): Promise<Floats> {
  await using seen = inputTransform(input, set, device);
  return await seen(set.images);
}

/**
 * The teacher of a student: gives its logits on the very batch that the student sees, augmented and mixed, in evaluation mode.
 *
 * Without given weights the teacher is a network of its own that is first trained on the same set, clean or tampered, by the same
 * protocol with the set's own labels, from the student's key: every student has another teacher. It never sees raw data,
 * so whatever a tampered set plants can pass through it. A teacher of the raw images comes with its weights, one for all students.
 */
async function teacherOf(
  { distillation }: Learner,
  set: DistilledSet,
  protocol: Protocol,
  key: Key,
): Promise<((x: Floats) => Promise<Floats>) | undefined> {
  if (protocol.labels !== "teacher") return undefined;
  if (!distillation) throw new UsageError("train: missing teacher: expected a learner with one, got one without");
  const { teacher } = distillation;
  const { teacher: _name, teacherWidth: _width, teacherFrom: _from, teacherShare: _share, ...others } = protocol;
  const { temperature: _temperature, teacherEpochs: _epochs, ...rest } = others;
  const weights =
    distillation.weights ?? (await train(teacher, set, { ...rest, labels: "set" }, child(key, "teacher"))).state;
  const predict = teacher.predictor(weights);
  return async (x) => (await predict(x)).logits;
}

const happens = (chance: number, key: Key): boolean => chance === 1 || new Stream(key).uniform() < chance;

export interface Batch {
  readonly x: Floats;
  readonly y: Floats;
}

/** Augmentation and mixing of one batch. */
function batchChange(protocol: Protocol, { shape: [, c, h, w], classes }: DistilledSet) {
  const stages = parseAugmentation(protocol.augmentation);
  const { siamese, noise = 0, leastArea, parts, mixing, mixingAlpha = 1, mixingChance = 1 } = protocol;
  return ({ x, y }: Batch, key: Key): Batch => {
    const shape: ImageShape = [y.length / classes, c, h, w];
    const augmented = augmentBatch(x, shape, stages, { siamese, noise, leastArea, parts }, key);
    if (mixing === "none" || !happens(mixingChance, child(key, "mixed"))) return { x: augmented, y };
    return mix(augmented, y, shape, drawMix(mixing, mixingAlpha, child(key, "mixing"), shape));
  };
}

/** The whole set when it fits into one batch (no copy), otherwise shuffled batches; the last may be short. */
export function batchesOf({ x, y }: Batch, m: number, size: number, key: Key): Batch[] {
  if (m <= size) return [{ x, y }];
  const order = permutation(key, m);
  const batches: Batch[] = [];
  for (let from = 0; from < m; from += size) {
    const rows = order.subarray(from, Math.min(m, from + size));
    batches.push({ x: takeRows(x, m, rows), y: takeRows(y, m, rows) });
  }
  return batches;
}

/** Rows of an [M, …] array. */
export function takeRows(data: Floats, m: number, rows: Int32Array): Floats {
  const width = data.length / m;
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

/** A copy of an [m, …] array with some rows replaced. */
export function putRows(all: Floats, part: Floats, rows: Int32Array, m: number): Floats {
  if (rows.length === m) return part;
  const width = all.length / m;
  const out = all.slice();
  rows.forEach((row, i) => {
    out.set(part.subarray(i * width, (i + 1) * width), row * width);
  });
  return out;
}
