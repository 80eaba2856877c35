import type { Attack } from "../../attack/Attack.ts";
import { attackPictures } from "../../attack/attackPictures.ts";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { auditSet } from "../../audit/auditSet.ts";
import type { AuditSettings } from "../../audit/settings.ts";
import type { Keep } from "../../core/Keep.ts";
import type { Pace } from "../../core/Pace.ts";
import { key } from "../../core/random.ts";
import { pictureSpace } from "../../data/normalise.ts";
import { keptNetworks } from "../../disk/kept/keptNetworks.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { methodRegistry as methods } from "../../distill/methodRegistry.ts";
import { freshTeacher, trainTeacher } from "../../distill/teachers/keptTeacher.ts";
import { teacherLearner, teacherPlan } from "../../distill/teachers/teacherRecipe.ts";
import { type Device, device } from "../../engine/device.ts";
import { StepClock } from "../../run/StepClock.ts";
import { predictTest } from "../../train/evaluate.ts";
import { inputTransform } from "../../train/inputTransform.ts";
import { type GivenTeacher, learnerFor } from "../../train/learnerFor.ts";
import { train } from "../../train/train.ts";
import { whitenRaw } from "../../train/whitenRaw.ts";
import { networkOf } from "../sweep/networkOf.ts";
import type { Inputs } from "./Inputs.ts";
import { rawOfTrial } from "./rawOfTrial.ts";
import { standIn } from "./standIn.ts";
import type { TrialConfig } from "./TrialConfig.ts";

/** Seconds of the parts of a trial, extrapolated from a short try on this machine as it is now. */
export interface Costs {
  /** Distilling the set, without the networks that are kept for others; 0 for a set that lies in a file. */
  readonly set: number;
  /** Training each network on raw images that distilling the set keeps for others, and that is not kept yet, by name. */
  readonly kept: Readonly<Record<string, number>>;
  readonly attack: number;
  /** Training a teacher of raw images that distilling the set has not. */
  readonly teacher: number;
  /** Training one network and measuring it. */
  readonly receiver: number;
  /** One audit. */
  readonly audit: number;
}

/** Chosen: a try this long says enough. */
const trySeconds = 2;
const now = () => performance.now() / 1000;

/** Try each part of a trial for a moment. What is alike in two trials is tried once. */
export class CostMeter {
  private readonly inputs: Inputs;
  private readonly known = new Map<string, Promise<unknown>>();

  constructor(inputs: Inputs) {
    this.inputs = inputs;
  }

  async of(config: TrialConfig): Promise<Costs> {
    const { set, attack, network, strategy, teacher, test, audit, device: name, threads } = config;
    const on = { set: "file" in set ? set.sha256 : { ...set, seed: 0 }, name, threads };
    const { epochs, ...rest } = strategy;
    return {
      ...(await this.once({ what: "set", ...on }, () => this.distillation(config))),
      // What a trigger looks like takes no time.
      attack: attack
        ? await this.once(
            { what: "attack", ...on, attack: { ...attack, options: { ...attack.options, trigger: 0 } } },
            () => this.attacking(config),
          )
        : 0,
      teacher:
        teacher && ("file" in set || strategy.teacherEpochs !== undefined)
          ? await this.once({ what: "teacher", teacher, name, threads }, () => this.teaching(config))
          : 0,
      receiver: await this.once({ what: "receiver", ...on, network, epochs, rest, teacher, test }, () =>
        this.training(config),
      ),
      audit: audit ? await this.once({ what: "audit", ...on, audit }, () => this.auditing(config, audit)) : 0,
    };
  }

  private once<T>(name: unknown, measure: () => Promise<T>): Promise<T> {
    const text = JSON.stringify(name);
    const found = (this.known.get(text) as Promise<T> | undefined) ?? measure();
    this.known.set(text, found);
    return found;
  }

  private async distillation({ set, ...config }: TrialConfig): Promise<Pick<Costs, "set" | "kept">> {
    if ("file" in set) return { set: 0, kept: {} };
    const on = device(config.device, config.threads);
    const raw = await this.inputs.train(set.distil, "plan");
    const normalisation = await this.inputs.space(set, "plan");
    const start = now();
    await whitenRaw(raw, normalisation, on);
    const whitening = now() - start;
    const missing: string[] = [];
    const kept = keptNetworks(set.sha256);
    const keep: Keep = {
      ...kept,
      async load(name) {
        const found = await kept.load(name);
        if (!found) missing.push(name);
        return found;
      },
    };
    const method = methods[set.method as keyof typeof methods] as Distillation;
    const { teacher = 0, ...others } = await paced(
      (pace) => method.run(raw, set.options, { normalisation, key: key(set.seed), device: on, keep, pace }),
      ({ iteration, total }) => iteration / total,
    );
    const own = Object.values(others).reduce((a, b) => a + b, whitening);
    // What is kept, but not for long enough, is nobody else's.
    if (missing.length === 0) return { set: own + teacher, kept: {} };
    return { set: own, kept: Object.fromEntries(missing.map((name) => [name, teacher / missing.length])) };
  }

  /** The teacher before it has learnt anything: its answers take as long. */
  private async untaught({ teacher }: TrialConfig, on: Device): Promise<GivenTeacher | undefined> {
    if (!teacher) return undefined;
    const sample = await this.inputs.sample(teacher.data, "plan");
    await using learner = teacherLearner(sample, teacher.recipe, on, "plan");
    return { network: learner.network, ...freshTeacher(learner, key(0)) };
  }

  private async attacking(config: TrialConfig): Promise<number> {
    const { method, options } = config.attack!;
    const attack = attacks[method as keyof typeof attacks] as unknown as Attack;
    const on = device(config.device, config.threads);
    const set = await standIn(this.inputs, config, "plan");
    const seconds = await paced(
      async (pace) => {
        const raw = await rawOfTrial(config, set, this.inputs, on, "plan", pace);
        return attackPictures(attack, set, options, { key: key(0), device: on, raw });
      },
      ({ done, total }) => done / total,
    );
    return Object.values(seconds).reduce((a, b) => a + b, 0);
  }

  private async auditing(config: TrialConfig, audit: AuditSettings): Promise<number> {
    const set = await standIn(this.inputs, config, "plan");
    const context = { key: key(0), device: device(config.device, config.threads) };
    return extrapolated(auditSet(set, audit, context), ({ done, total }) => done / total);
  }

  private async teaching({ teacher, device: name, threads, ...config }: TrialConfig): Promise<number> {
    const { recipe, data, sha256 } = teacher!;
    const set = await this.inputs.train(data, "plan");
    const { normalisation } = await standIn(this.inputs, config, "plan");
    await using learner = teacherLearner(set, recipe, device(name, threads), "plan");
    let whitening = 0;
    const prepare = async () => {
      const start = now();
      await whitenRaw(set, normalisation, learner.device);
      whitening = now() - start;
    };
    const plan = teacherPlan(recipe, set.classes);
    const { teacher: seconds = 0 } = await paced(
      (pace) => trainTeacher(learner, { set, normalisation, prepare, pace }, plan, keptNetworks(sha256)),
      ({ done }) => done / recipe.epochs,
    );
    return whitening + seconds;
  }

  private async training(config: TrialConfig): Promise<number> {
    const set = await standIn(this.inputs, config, "plan");
    const test = await this.inputs.test(config.test, "plan");
    const on = device(config.device, config.threads);
    await using learner = learnerFor(networkOf(config, set), config.strategy, on, await this.untaught(config, on));
    const few = { ...config.strategy, epochs: 2, warmup: 0 };
    // The first epoch compiles.
    let start = now();
    let epoch = 0;
    const { state } = await train(learner, set, few, key(0), (i) => {
      if (i === 0) start = now();
      else epoch = now() - start;
    });
    const images = Math.min(test.shape[0], 64);
    const [, c, h, w] = test.shape;
    const some = { ...test, shape: [images, c, h, w] as const, labels: test.labels.subarray(0, images) };
    await using seen = inputTransform(config.strategy.input, set, learner.device, pictureSpace(set.normalisation));
    await predictTest(learner, state, some, set, [seen]);
    start = now();
    await predictTest(learner, state, some, set, [seen]);
    const passes = config.attack ? 3 : 1;
    const measuring = ((now() - start) * passes * test.shape[0]) / images;
    return epoch * config.strategy.epochs + measuring;
  }
}

/** What stops a try that has shown enough. */
class Enough extends Error {}

/**
 * Follow work that tells a clock of its steps for a moment, in the middle of what it reports too.
 *
 * @returns seconds of all its steps, by kind; of work that is done within the moment, or tells a clock nothing, as "whole".
 */
async function paced<P>(
  begin: (pace: Pace) => AsyncGenerator<P, unknown> | Promise<AsyncGenerator<P, unknown>>,
  share: (progress: P) => number,
): Promise<Readonly<Record<string, number>>> {
  const start = now();
  const clock = new StepClock({
    onStep({ tried, first, seconds }) {
      // The first of a kind compiles, but nobody waits for another where it takes long.
      if (!tried && (seconds > trySeconds || first > 5 * trySeconds)) throw new Enough();
    },
  });
  try {
    for await (const progress of await begin(clock)) {
      const [elapsed, done] = [now() - start, share(progress)];
      if (Object.keys(clock.seconds()).length === 0 && done > 0 && elapsed > trySeconds)
        return { whole: elapsed / done };
    }
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    return clock.seconds();
  }
  return { whole: now() - start };
}

/** Follow a long piece of work for a moment, and extrapolate by the share that was done. */
async function extrapolated<P>(work: AsyncGenerator<P, unknown>, share: (progress: P) => number): Promise<number> {
  const start = now();
  // Leaving the loop closes the work.
  for await (const progress of work) {
    const [elapsed, done] = [now() - start, share(progress)];
    if (done > 0 && elapsed > trySeconds) return elapsed / done;
  }
  return now() - start;
}
