import { NumericError, UsageError } from "../core/errors.ts";
import { child, type Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { imagesOfClass } from "../data/imagesOfClass.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { pictureSpace } from "../data/normalise.ts";
import { normalisedBatch } from "../data/normalisedBatch.ts";
import { applyTrigger, clampToGamut, randomTrigger, type Trigger } from "../data/Trigger.ts";
import { accuracy, attackSuccessRate, robustAccuracy } from "../metrics/rates.ts";
import type { Floats } from "../nn/Network.ts";
import { type InputTransform, inputTransform } from "./inputTransform.ts";
import type { Learner, LearnerState } from "./Learner.ts";
import type { Protocol } from "./protocol.ts";
import { argmaxRows } from "./targets.ts";
import { train } from "./train.ts";

/** One network after its last epoch. Rates are fractions; names as in the docs/method.md, §3. */
export interface Evaluation {
  readonly seed: number;
  readonly epochs: number;
  readonly set: "clean" | "tampered";
  readonly cta: number;
  /** On the clean set this is a control. */
  readonly asr?: number;
  /** ASR when the receiver clamps its inputs to what a picture can hold. */
  readonly asrClamped?: number;
  readonly asrWithoutTrigger?: number;
  readonly asrRandomTrigger?: number;
  readonly archetypeAsr?: number;
  readonly ra?: number;
  /** Mean training loss of each epoch. */
  readonly losses: readonly number[];
}

/** A network whose training loss stopped being a number: nothing is measured of it. */
export interface Diverged extends Pick<Evaluation, "seed" | "epochs" | "set"> {
  /** The epoch, from 0, whose loss was none. */
  readonly divergedAt: number;
}

export type EvaluationOutcome = Evaluation | Diverged;

export const hasDiverged = (outcome: EvaluationOutcome): outcome is Diverged => "divergedAt" in outcome;

/** What is looked for in the networks. */
export interface Backdoor {
  /** In the picture space of the set (`pictureSpace`), as the archetypes are. */
  readonly trigger: Trigger;
  readonly targetClass: number;
  /** The class whose test images alone are stamped and counted; default: all but the target. */
  readonly sourceClass?: number;
  readonly archetypes?: { readonly images: Floats; readonly classes: Int32Array<ArrayBuffer> };
}

/** A receiver after its training, before it is measured. */
export interface TrainedReceiver extends Pick<Evaluation, "seed" | "epochs"> {
  readonly name: Evaluation["set"];
  readonly set: DistilledSet;
  readonly state: LearnerState;
}

export interface EvaluationPlan {
  /** Sets to train on, in this order, with the same seeds: the clean one first. */
  readonly sets: readonly { readonly name: "clean" | "tampered"; readonly set: DistilledSet }[];
  readonly test: LabelledSet;
  readonly backdoor?: Backdoor;
  readonly protocol: Protocol;
  /** Networks per set. */
  readonly repeats: number;
  readonly key: Key;
  /** Where trained networks come from; default: they are trained. A store that knows a network may hand it out again. */
  readonly train?: typeof train;
  /** Told of every network after its training, and waited for. */
  readonly onTrained?: (trained: TrainedReceiver) => Promise<void>;
  /** What a network that diverges is: an error (default), or an outcome among others. */
  readonly divergence?: "error" | "outcome";
  /** Told what share of a network's training and testing is done, after every epoch and block. What it throws ends the evaluation. */
  readonly onWork?: (share: number) => void;
}

export interface EvaluationProgress {
  /** Networks finished, or part of one, and to do. */
  readonly done: number;
  readonly total: number;
  readonly result?: Evaluation;
  readonly diverged?: Diverged;
}

/**
 * Train receivers on each set and measure them: clean and tampered in one run, network i of either from the same initial
 * weights and order. Yields every result as it comes, so that a consumer can store it; `finished` are skipped.
 *
 * @throws NumericError when a network diverges, unless the plan takes that for an outcome; UsageError where the test set has no image of the
 * backdoor's source class.
 */
export async function* evaluate(
  learner: Learner,
  plan: EvaluationPlan,
  finished: readonly EvaluationOutcome[] = [],
): AsyncGenerator<EvaluationProgress, Evaluation[]> {
  checkSource(plan);
  const total = plan.sets.length * plan.repeats;
  const results: Evaluation[] = [];
  let done = 0;
  for (let seed = 0; seed < plan.repeats; seed++)
    for (const { name, set } of plan.sets) {
      const known = finished.find((f) => f.seed === seed && f.set === name && f.epochs === plan.protocol.epochs);
      if (!known) yield { done, total };
      const outcome = known ?? (await outcomeOf(learner, plan, name, set, seed));
      done++;
      if (hasDiverged(outcome)) yield { done, total, diverged: outcome };
      else {
        results.push(outcome);
        yield { done, total, result: outcome };
      }
    }
  return results;
}

function checkSource({ test, backdoor }: EvaluationPlan): void {
  const source = backdoor?.sourceClass;
  if (source !== undefined && !test.labels.includes(source))
    throw new UsageError(
      `evaluate: invalid test set: expected images of class ${source}, which the trigger moves, got none of it among ${test.shape[0]}`,
    );
}

async function outcomeOf(
  learner: Learner,
  plan: EvaluationPlan,
  name: Evaluation["set"],
  set: DistilledSet,
  seed: number,
): Promise<EvaluationOutcome> {
  try {
    return await evaluateOne(learner, plan, name, set, seed);
  } catch (error) {
    if (plan.divergence !== "outcome" || !(error instanceof NumericError) || error.iteration === undefined) throw error;
    return { seed, epochs: plan.protocol.epochs, set: name, divergedAt: error.iteration };
  }
}

async function evaluateOne(
  learner: Learner,
  plan: EvaluationPlan,
  name: "clean" | "tampered",
  set: DistilledSet,
  seed: number,
): Promise<Evaluation> {
  const key = child(plan.key, "receiver", seed);
  const { test, backdoor } = plan;
  const { input, epochs } = plan.protocol;
  // In forward passes of an image; a backward pass takes about two.
  const [training, testing] = [3 * epochs * set.shape[0], (backdoor ? 3 : 1) * test.shape[0]];
  const onWork = (done: number) => plan.onWork?.(done / (training + testing));
  const { state, losses } = await (plan.train ?? train)(learner, set, plan.protocol, key, (epoch) =>
    onWork((training * (epoch + 1)) / epochs),
  );
  await plan.onTrained?.({ seed, epochs, name, set, state });
  const onTested = (share: number) => onWork(training + testing * share);
  const base = { seed, epochs, set: name, losses };
  await using seen = inputTransform(input, set, learner.device, pictureSpace(set.normalisation));
  if (backdoor)
    return { ...base, ...(await measureBackdoor(learner, state, { ...plan, backdoor }, name, set, seen, onTested)) };
  const [clean] = await predictTest(learner, state, test, set, [seen], onTested);
  return { ...base, cta: accuracy(clean, test.labels) };
}

type Rates = Omit<Evaluation, "seed" | "epochs" | "set" | "losses">;

async function measureBackdoor(
  learner: Learner,
  state: LearnerState,
  { backdoor, test, key, protocol: { input } }: EvaluationPlan & { readonly backdoor: Backdoor },
  name: Evaluation["set"],
  set: DistilledSet,
  seen: InputTransform,
  onTested: (share: number) => void,
): Promise<Rates> {
  const { trigger, targetClass, sourceClass } = backdoor;
  const normalisation = pictureSpace(set.normalisation);
  const stamp = (x: Floats) => applyTrigger(trigger, x);
  const control = randomTrigger(trigger, child(key, "control"), normalisation);
  const clamp = (x: Floats) =>
    clampToGamut(
      x,
      [x.length / trigger.pattern.length, trigger.channels, trigger.height, trigger.width],
      normalisation,
    );
  const clampable =
    input === "as-is" && !trigger.inGamut && (normalisation.kind === "unit" || normalisation.kind === "meanStd");
  const ways = [
    (x: Floats) => x,
    stamp,
    (x: Floats) => applyTrigger(control, x),
    ...(clampable ? [(x: Floats) => clamp(stamp(x))] : []),
  ];
  const used = (name === "clean" ? ways.slice(0, 2) : ways).map((way) => (x: Floats) => seen(way(x)));
  const predict = (images: LabelledSet, some: typeof used) => predictTest(learner, state, images, set, some, onTested);
  const counted = sourceClass === undefined ? test : imagesOfClass(test, sourceClass);
  const [clean, ...rest] = await predict(test, counted === test ? used : used.slice(0, 1));
  const [stamped, random, clamped] = counted === test ? rest : await predict(counted, used.slice(1));
  const plain = counted === test ? clean : clean.filter((_, i) => test.labels[i] === sourceClass);
  const rate = (predicted: Int32Array) => attackSuccessRate(predicted, counted.labels, targetClass);
  const measured = { cta: accuracy(clean, test.labels), asr: rate(stamped), asrWithoutTrigger: rate(plain) };
  if (name === "clean") return measured;
  return {
    ...measured,
    asrRandomTrigger: rate(random),
    ra: robustAccuracy(stamped, counted.labels, targetClass),
    ...(clamped && { asrClamped: rate(clamped) }),
    ...(backdoor.archetypes && {
      archetypeAsr: await onArchetypes(learner, state, backdoor, backdoor.archetypes, seen),
    }),
  };
}

async function onArchetypes(
  learner: Learner,
  state: LearnerState,
  { trigger, targetClass }: Backdoor,
  archetypes: NonNullable<Backdoor["archetypes"]>,
  seen: InputTransform,
): Promise<number> {
  const { logits } = await learner.predict(state, await seen(applyTrigger(trigger, archetypes.images)));
  return attackSuccessRate(argmaxRows(logits, learner.network.classes), archetypes.classes, targetClass);
}

/** Images a forward pass. Measured at widths 32 and 128: activations that stay near the processor beat long batches by 10–20 %. */
const CHUNK = 16;
/** Images that are brought into the networks' space together; a multiple of CHUNK. Whitening reads its whole matrix for each call. */
const BLOCK = 256;

/**
 * Predict every test image once for each way of treating it, streaming: one block of images is in memory at a time.
 *
 * @param ways from the picture space of the set (`pictureSpace`) to what networks see
 * @param onTested told the share of the images that are predicted
 */
export async function predictTest(
  learner: Learner,
  state: Pick<LearnerState, "weights" | "running">,
  test: LabelledSet,
  set: Pick<DistilledSet, "normalisation" | "classes" | "shape">,
  ways: readonly ((x: Floats) => Floats | Promise<Floats>)[],
  onTested?: (share: number) => void,
): Promise<Int32Array<ArrayBuffer>[]> {
  const [n, ...image] = test.shape;
  if (image.join() !== set.shape.slice(1).join() || test.classes !== set.classes)
    throw new UsageError(
      `evaluate: invalid test set: expected ${set.classes} classes of images ${set.shape.slice(1).join("×")}, got ${test.classes} of ${image.join("×")}`,
    );
  const predictions = ways.map(() => new Int32Array(n));
  const predict = learner.predictor(state);
  const chunk = Math.min(CHUNK, n);
  const size = image.reduce((a, b) => a * b, 1);
  for (let from = 0; from < n; from += BLOCK) {
    // The last chunk begins earlier instead of being shorter: one compiled graph serves all.
    const start = Math.min(from, n - chunk);
    const end = Math.min(n, from + BLOCK);
    const x = normalisedBatch(test, start, end, pictureSpace(set.normalisation));
    for (const [i, way] of ways.entries()) {
      const seen = await way(x);
      for (let at = start; at < end; at += chunk) {
        const first = Math.min(at, end - chunk);
        const some = seen.subarray((first - start) * size, (first - start + chunk) * size);
        const { logits } = await predict(some);
        predictions[i].set(argmaxRows(logits, set.classes), first);
      }
      onTested?.((from + ((end - from) * (i + 1)) / ways.length) / n);
    }
  }
  return predictions;
}
