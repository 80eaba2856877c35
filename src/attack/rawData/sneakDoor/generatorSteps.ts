import { Scope } from "../../../core/closable.ts";
import { NumericError } from "../../../core/errors.ts";
import { child, type Key } from "../../../core/random.ts";
import { classRows, sampleRows } from "../../../data/classRows.ts";
import type { DistilledSet } from "../../../data/DistilledSet.ts";
import type { LabelledSet } from "../../../data/LabelledSet.ts";
import { normalisedRows } from "../../../data/normalisedBatch.ts";
import { standardSpace } from "../../../data/standardSpace.ts";
import type { Device } from "../../../engine/device.ts";
import { type Floats, initialise, type ParamSpec, zerosLike } from "../../../nn/Network.ts";
import { networkRegistry as networks } from "../../../nn/networkRegistry.ts";
import type { Tree } from "../../../tensor/tree.ts";
import { predictionOf } from "../../../train/logits.ts";
import { softmax } from "../../../train/targets.ts";
import { Surrogates } from "../../common/surrogate.ts";
import { compileGenerator, generatorOptimiser, generatorParams } from "./compileGenerator.ts";
import type { SneakDoorOptions } from "./sneakDoorOptions.ts";

/** How far the generator is. */
export interface Generated {
  readonly step: number;
  readonly sourceClass: number;
  readonly layers: Tree<Floats>;
  readonly slots: readonly Tree<Floats>[];
  readonly losses: readonly number[];
}

/** A pass of the network over raw images, or a step of the generator. */
export type GeneratorProgress = { readonly pass: number } | { readonly generated: Generated };

/** The layers of a generator before any step. */
export const freshLayers = (channels: number, width: number, key: Key): Tree<Floats> =>
  initialise(generatorParams(channels, width) as Tree<ParamSpec>, child(key, "layers"));

/**
 * Train a network on raw images, choose the source class where none is named, and train the generator on its raw images.
 *
 * @param from where to go on; the network is trained once more
 * @throws NumericError where the loss is no number, or the target's features are all 0.
 */
export async function* generatorSteps(
  set: DistilledSet,
  raw: LabelledSet,
  options: SneakDoorOptions,
  from: Generated | undefined,
  key: Key,
  device: Device,
): AsyncGenerator<GeneratorProgress, void> {
  const { surrogate, targetClass, trigger } = options;
  const space = standardSpace(set);
  const [, channels, size] = set.shape;
  const own = classRows(raw);
  // The network learns the first of them; the others, where there are any, say what it confuses.
  const drawn = own.map((rows, k) => sampleRows(rows, 2 * surrogate.images, child(key, "images", k)));
  const taught = drawn.map((rows) => rows.subarray(0, surrogate.images));
  await using scope = new Scope();
  const network = networks[surrogate.network]({ channels, size, classes: set.classes }, { width: surrogate.width });
  const some = scope.hold(
    new Surrogates(
      network,
      pictured(
        set,
        raw,
        taught.flatMap((rows) => [...rows]),
      ),
      surrogate,
      surrogate.batch,
      device,
    ),
  );
  let state = some.fresh(child(key, "network"));
  for (let pass = 1; pass <= surrogate.passes; pass++) {
    state = await some.advance(state, 1);
    yield { pass };
  }
  const answers = (rows: ArrayLike<number>) => predictionOf(some.learner, state, normalisedRows(raw, rows, space));
  const confusion = async (k: number) => {
    const unseen = drawn[k].subarray(surrogate.images);
    return meanProbability((await answers(unseen.length > 0 ? unseen : drawn[k])).logits, set.classes, targetClass);
  };
  const sourceClass = from?.sourceClass ?? options.sourceClass ?? (await mostConfused(own, targetClass, confusion));
  const wanted = meanRow((await answers(taught[targetClass])).features, taught[targetClass].length);
  if (wanted.every((v) => v === 0))
    throw new NumericError(
      `sneakDoor: invalid surrogate: expected features of class ${targetClass} that are not all 0, got none in ${network.name}; a wider network or more surrogate.passes may help`,
      0,
    );
  const batch = Math.min(options.batch, own[sourceClass].length);
  const goal = { batch, targetClass, bound: trigger.bound, features: options.features, near: options.near };
  const step = scope.hold(await compileGenerator(network, trigger.width, wanted.length, goal, space, device));
  const move = await step.hold([state.weights, state.running], wanted);
  const fresh = freshLayers(channels, trigger.width, key);
  const slots = Array.from({ length: generatorOptimiser.slots }, () => zerosLike(fresh));
  let generated: Generated = from ?? { step: 0, sourceClass, layers: fresh, slots, losses: [] };
  while (generated.step < options.steps) {
    const rows = sampleRows(own[sourceClass], batch, child(key, "step", generated.step));
    const hyper = Float32Array.from(generatorOptimiser.hyper(generated.step, trigger.lr));
    const next = await move(normalisedRows(raw, rows, space), generated.layers, generated.slots, hyper);
    const loss = next.loss[0];
    if (!Number.isFinite(loss))
      throw new NumericError(
        `sneakDoor: invalid loss: expected a number, got ${loss}; a lower trigger.lr or surrogate.lr may help`,
        generated.step,
      );
    generated = {
      ...{ step: generated.step + 1, sourceClass, layers: next.layers, slots: next.slots },
      losses: [...generated.losses, loss],
    };
    yield { generated };
  }
}

/** Raw images as a set that networks learn. */
function pictured(set: DistilledSet, raw: LabelledSet, rows: readonly number[]): DistilledSet {
  const normalisation = standardSpace(set);
  const [, ...image] = set.shape;
  return {
    ...set,
    ...{ images: normalisedRows(raw, rows, normalisation), shape: [rows.length, ...image], normalisation },
    labels: { kind: "hard", classes: Int32Array.from(rows, (row) => raw.labels[row]) },
  };
}

/** The class whose images are given the largest probability of the target; the first of equal ones. */
async function mostConfused(
  own: readonly Int32Array[],
  targetClass: number,
  confusion: (k: number) => Promise<number>,
): Promise<number> {
  const candidates = [...own.keys()].filter((k) => k !== targetClass && own[k].length > 0);
  let [best, most] = [candidates[0], 0];
  for (const k of candidates) {
    const probability = await confusion(k);
    if (probability > most) [best, most] = [k, probability];
  }
  return best;
}

function meanProbability(logits: Floats, classes: number, k: number): number {
  let sum = 0;
  for (let at = 0; at < logits.length; at += classes) sum += softmax(logits.subarray(at, at + classes))[k];
  return (sum * classes) / logits.length;
}

/** The mean of n rows. */
function meanRow(all: Floats, n: number): Floats {
  const sums = new Float64Array(all.length / n);
  all.forEach((v, i) => {
    sums[i % sums.length] += v;
  });
  return Float32Array.from(sums, (sum) => sum / n);
}
