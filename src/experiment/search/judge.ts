import type { AttackResult } from "../../attack/Attack.ts";
import { heldOut } from "../../attack/common/heldOut.ts";
import { type Closable, closable, Scope } from "../../core/closable.ts";
import { mapInSeries } from "../../core/mapInSeries.ts";
import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { applyTrigger, randomTrigger } from "../../data/Trigger.ts";
import type { Device } from "../../engine/device.ts";
import { accuracy, attackSuccessRate } from "../../metrics/rates.ts";
import type { Floats, InputShape, Network } from "../../nn/Network.ts";
import { networkRegistry as networks } from "../../nn/networkRegistry.ts";
import type { Learner } from "../../train/Learner.ts";
import { learnerFor } from "../../train/learnerFor.ts";
import { logitsOf, meanProbabilities } from "../../train/logits.ts";
import { protocolOptions } from "../../train/protocol.ts";
import { argmaxRows } from "../../train/targets.ts";
import { type Trained, train } from "../../train/train.ts";
import type { NetworkScore, ScoreOptions } from "./score.ts";

/** Trains network `seed` of one architecture on a set. */
export type Training = (learner: Learner, set: DistilledSet, key: Key) => Promise<Trained>;

/** Judges tampered copies of one set without raw data. */
export interface Judge extends Closable {
  score(result: Pick<AttackResult, "set" | "trigger" | "targetClass" | "sourceClass">): Promise<NetworkScore[]>;
}

/** The field's baseline protocol (docs/method.md, §4), shorter. */
export const judgeProtocol = ({ epochs }: ScoreOptions) => protocolOptions.parse({ epochs });

/** The networks that judge, by architecture. @throws UsageError for one that cannot take these images. */
export const networksOf = ({ architectures, width }: ScoreOptions, shape: InputShape): Record<string, Network> =>
  Object.fromEntries(architectures.map((name) => [name, networks[name](shape, { width })]));

/**
 * Train networks on the clean set and ask them about held-out images; then judge any number of tampered copies by networks with the
 * same seeds. A pure function of set, options, key and what is judged.
 *
 * What clean networks say of an image is the class of their mean probabilities. Each pair of networks, clean and tampered, is
 * measured against the clean networks of the *other* seeds: so the clean one of the pair shows how far apart two clean networks are.
 *
 * @param key must not be one that the attack or a later evaluation draws from.
 * @param training where networks come from: a store may hand out one that it knows.
 */
export async function prepareJudge(
  set: DistilledSet,
  options: ScoreOptions,
  key: Key,
  device: Device,
  training: Training = (learner, on, from) => train(learner, on, judgeProtocol(options), from),
): Promise<Judge> {
  const { images, labels } = heldOut(set, options.images, child(key, "held-out"));
  const [, channels, size] = set.shape;
  const latter = (all: Int32Array) => all.subarray(all.length - labels.length);
  const seeds = Array.from({ length: options.networks }, (_, seed) => seed);
  const scope = new Scope();
  const all = networksOf(options, { channels, size, classes: set.classes });
  const panels = await mapInSeries(options.architectures, async (architecture) => {
    const network = all[architecture];
    const learner = scope.hold(learnerFor(network, judgeProtocol(options), device));
    const born = (seed: number) => child(key, "judge", architecture, seed);
    const clean = await mapInSeries(seeds, async (seed) => {
      const { state } = await training(learner, set, born(seed));
      return { state, logits: await logitsOf(learner, state, images) };
    });
    const references = seeds.map((seed) => {
      const others = clean.filter((_, i) => i !== seed).map(({ logits }) => logits);
      return argmaxRows(meanProbabilities(others, set.classes), set.classes);
    });
    return { architecture, learner, born, clean, references };
  }).catch(async (error: unknown) => {
    await scope.close();
    throw error;
  });

  return {
    async score({ set: tampered, trigger, targetClass, sourceClass }) {
      const stamped = applyTrigger(trigger, images);
      const disturbed = applyTrigger(randomTrigger(trigger, child(key, "control"), set.normalisation), images);
      const scores = await mapInSeries(panels, ({ architecture, learner, born, clean, references }) =>
        mapInSeries(seeds, async (seed): Promise<NetworkScore> => {
          const { state } = await training(learner, tampered, born(seed));
          const classes = (logits: Floats) => argmaxRows(logits, set.classes);
          const says = async (of: Trained["state"], x: Floats) => classes(await logitsOf(learner, of, x));
          // Of an attack that moves one class alone, what clean networks call that class.
          const isCounted = (i: number) => sourceClass === undefined || references[seed][i] === sourceClass;
          const counted = (of: Int32Array) => of.filter((_, i) => isCounted(i));
          const rate = (said: Int32Array) => attackSuccessRate(counted(said), counted(references[seed]), targetClass);
          const [before, after] = [classes(clean[seed].logits), await says(state, images)];
          return {
            architecture,
            seed,
            heldAsr: rate(await says(state, stamped)),
            cleanWithTrigger: rate(await says(clean[seed].state, stamped)),
            withoutTrigger: rate(after),
            randomTrigger: rate(await says(state, disturbed)),
            agreement: accuracy(after, references[seed]),
            cleanAgreement: accuracy(before, references[seed]),
            accuracy: accuracy(latter(after), labels),
            cleanAccuracy: accuracy(latter(before), labels),
          };
        }),
      );
      return scores.flat();
    },
    ...closable(() => scope.close()),
  };
}
